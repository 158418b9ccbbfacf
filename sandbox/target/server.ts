import { createServer } from 'node:http'
import { type Fault, type FaultSwitch, sufferFault } from '../faults.ts'
import { sendJson } from '../http.ts'
import { listen } from '../listen.ts'
import { Gates } from './gates.ts'
import { answerAsTarget } from './routes.ts'

/** The application that the sandbox's monitors watch. */
export interface Target {
  readonly url: string
  readonly faults: FaultSwitch
  close(): Promise<void>
}

/** More than a monitor of the configuration allows. */
const SLOW_TARGET_MS = 2_500

/** Starts it on a free port of 127.0.0.1; `POST /analyze` wants the bearer token. While it is `down` nothing listens. */
export async function startTarget(token: string): Promise<Target> {
  const gates = new Gates()
  let fault: Fault | undefined
  const server = createServer(async (request, response) => {
    try {
      if (await sufferFault(fault, request, response, SLOW_TARGET_MS)) return
      await answerAsTarget(request, response, { token, gates })
    } catch (error) {
      if (!response.headersSent) sendJson(response, 500, { detail: (error as Error).message })
    }
  })
  const port = await listen(server)
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })

  return {
    url: `http://127.0.0.1:${port}`,
    faults: {
      get fault() {
        return fault
      },
      async set(next) {
        fault = next
        if (next?.mode === 'down') {
          if (server.listening) await stop()
        } else if (!server.listening) await listen(server, port)
      },
    },
    close: stop,
  }
}
