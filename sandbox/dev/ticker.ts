/** Fires the cron, which `wrangler dev` does not. */
export interface Ticker {
  stop(): void
}

/**
 * Fires the cron of the service at `serviceUrl` now and every `tickSeconds`; a run that takes longer makes the next wait.
 * `report` gets a line when runs begin to fail, and when they work again.
 */
export function startTicker(serviceUrl: string, tickSeconds: number, report: (line: string) => void): Ticker {
  const url = `${serviceUrl}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`
  const stopped = new AbortController()
  let failing = false
  let timer: NodeJS.Timeout | undefined

  const tick = async () => {
    const startedAt = Date.now()
    const failure = await fire(url, stopped.signal)
    if (stopped.signal.aborted) return
    if (failure !== undefined && !failing) report(`The cron failed: ${failure}`)
    if (failure === undefined && failing) report('The cron works again.')
    failing = failure !== undefined
    timer = setTimeout(tick, Math.max(0, startedAt + tickSeconds * 1000 - Date.now()))
  }
  tick()

  return {
    stop() {
      stopped.abort()
      clearTimeout(timer)
    },
  }
}

/** Why a run failed; undefined where it did not. */
async function fire(url: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal })
    await response.arrayBuffer()
    return response.ok ? undefined : `status ${response.status}`
  } catch (error) {
    return (error as Error).message
  }
}
