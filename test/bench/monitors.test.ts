import { createServer } from 'node:http'
import { expect, it } from 'vitest'
import { startScript } from '../../bench/monitors/subjects.ts'
import { listen } from '../../sandbox/listen.ts'

it('the script that Edgewatch is compared with tries once more before it says down', async () => {
  const asked = new Map<string, number>()
  const server = createServer(({ url = '/', socket }, response) => {
    const times = (asked.get(url) ?? 0) + 1
    asked.set(url, times)
    if (url === '/down') response.writeHead(500).end()
    else if (times === 1) socket.destroy()
    else response.end('well')
  })
  const origin = `http://127.0.0.1:${await listen(server)}`
  const script = await startScript([`${origin}/one`, `${origin}/two`], 2)
  const other = await startScript([`${origin}/one`, `${origin}/down`], 2)
  try {
    await script.round()
    expect(Object.fromEntries(asked)).toEqual({ '/one': 2, '/two': 2 })
    await expect(other.round()).rejects.toThrow('The script found 1 up')
  } finally {
    await Promise.all([script.stop(), other.stop()])
    server.closeAllConnections()
    server.close()
  }
})
