// What people would use instead of monitors: a script that fetches all URLs, some at a time, and looks at the status.
// It gets `{ urls, concurrency }` from its parent once, then goes through all of them for each further message.

let urls: readonly string[] = []
let concurrency = 1

/** Tries once more before it says down, as Edgewatch does: on a busy machine a kept-alive connection may close. */
const check = async (url: string): Promise<boolean> => (await answers(url)) || (await answers(url))

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
    await response.text()
    return response.ok
  } catch {
    return false
  }
}

async function checkAll(): Promise<{ wallMs: number; up: number }> {
  const startMs = performance.now()
  const waiting = [...urls]
  let up = 0
  const work = async () => {
    for (let url = waiting.shift(); url !== undefined; url = waiting.shift()) {
      if (await check(url)) up += 1
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return { wallMs: performance.now() - startMs, up }
}

process.on('message', async (message: 'check' | { urls: readonly string[]; concurrency: number }) => {
  if (message === 'check') process.send?.(await checkAll())
  else ({ urls, concurrency } = message)
})
