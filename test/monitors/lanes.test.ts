import { expect, it } from 'vitest'
import { Lanes } from '../../src/monitors/lanes.ts'

it('so many run at once, and the others in the order in which they came', async () => {
  const lanes = new Lanes(2)
  const started: number[] = []
  const finish: (() => void)[] = []
  const runs = [0, 1, 2, 3].map((index) =>
    lanes.run(async () => {
      started.push(index)
      await new Promise<void>((resolve) => (finish[index] = resolve))
      return index
    }),
  )
  await Promise.resolve()
  expect(started).toEqual([0, 1])
  finish[1]!()
  await runs[1]
  await expect.poll(() => started).toEqual([0, 1, 2])
  finish[0]!()
  finish[2]!()
  await expect.poll(() => started).toEqual([0, 1, 2, 3])
  finish[3]!()
  expect(await Promise.all(runs)).toEqual([0, 1, 2, 3])
})

it('work that fails leaves its lane free', async () => {
  const lanes = new Lanes(1)
  const failing = lanes.run(async () => {
    throw new Error('broken')
  })
  const next = lanes.run(async () => 'done')
  await expect(failing).rejects.toThrow('broken')
  expect(await next).toBe('done')
  expect(await lanes.run(async () => 'again')).toBe('again')
})
