import { accessSync, constants, mkdtempSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnOwned } from './child-process.ts'
import { freePort } from './listen.ts'

const START_TIMEOUT_MS = 20_000
const POLL_MS = 50

/** Where an executable is on PATH; undefined where it isn't. */
export function onPath(executable: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, executable)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // not here
    }
  }
  return undefined
}

/** A server that runs as a child process. */
export interface ChildServer {
  readonly port: number
  readonly pid: number
  close(): Promise<void>
}

/**
 * Starts a server on a free port, with a temporary folder that is removed when it ends, and waits until it accepts
 * connections. `argsOf` gives its arguments. Throws with what it printed where it does not start.
 */
export async function startChildServer(
  file: string,
  argsOf: (port: number, folder: string) => readonly string[],
): Promise<ChildServer> {
  const port = await freePort()
  const folder = mkdtempSync(path.join(os.tmpdir(), 'edgewatch-'))
  const child = spawnOwned(file, argsOf(port, folder), { folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: Buffer[] = []
  const streams = [child.process.stdout, child.process.stderr]
  for (const stream of streams) stream?.on('data', (chunk) => output.push(chunk))

  const deadline = Date.now() + START_TIMEOUT_MS
  let accepting = false
  while (!accepting) {
    accepting = await accepts(port)
    await sleep(POLL_MS) // also once it accepts: if somebody else took the port meanwhile, ours ends now
    if (child.hasEnded() || Date.now() > deadline) {
      await child.stop('SIGKILL')
      const said = Buffer.concat(output).toString().trim().split('\n').slice(-10).join('\n')
      throw new Error(`${path.basename(file)} did not start:\n${said}`)
    }
  }
  for (const stream of streams) stream?.removeAllListeners('data').resume()
  return { port, pid: child.process.pid!, close: () => child.stop('SIGTERM') }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
