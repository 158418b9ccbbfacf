import type { MongoClient } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { countCollections } from '../../../src/vendors/mongodb/collections.ts'

/** As much of a client as counting uses; the embedded server has neither views nor collections of its own. */
function fakeClient(listed: { name: string; type: string }[]) {
  const counted: string[] = []
  let atOnce = 0
  let mostAtOnce = 0
  const client = {
    db: () => ({
      listCollections: () => ({ toArray: async () => listed }),
      collection: (name: string) => ({
        async estimatedDocumentCount() {
          counted.push(name)
          mostAtOnce = Math.max(mostAtOnce, ++atOnce)
          await Promise.resolve()
          atOnce--
          return 2
        },
      }),
    }),
  } as unknown as MongoClient
  return { client, counted, mostAtOnce: () => mostAtOnce }
}

describe('counting collections', () => {
  it("leaves out views and the server's own", async () => {
    const { client, counted } = fakeClient([
      { name: 'orders', type: 'collection' },
      { name: 'orders_by_day', type: 'view' },
      { name: 'system.views', type: 'collection' },
      { name: 'loads', type: 'timeseries' },
    ])
    expect(await countCollections(client, 'shop', 2, 1_000)).toEqual({
      collections: [
        { name: 'loads', documents: 2 },
        { name: 'orders', documents: 2 },
      ],
      totalDocuments: 4,
    })
    expect(counted.toSorted()).toEqual(['loads', 'orders'])
  })

  it('does few at a time', async () => {
    const many = Array.from({ length: 40 }, (_, i) => ({ name: `c${i}`, type: 'collection' }))
    const { client, counted, mostAtOnce } = fakeClient(many)
    expect((await countCollections(client, 'shop', 2, 1_000)).totalDocuments).toBe(80)
    expect(counted).toHaveLength(40)
    expect(mostAtOnce()).toBe(2)
  })
})
