import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { type OwnedChild, spawnOwned } from '../child-process.ts'

const POLL_MS = 200

/** What wrangler prints that helps nobody here: each request (the service logs its own), banners, hints. */
const NOISE =
  /^(\[wrangler:info\] [A-Z]+ \/|\[wrangler:info\] Ready on|Using secrets defined in|🪵|⎔ Starting|\s*$)/u

/** `wrangler dev`, running the service. */
export interface WranglerDev {
  /** When the service answers. Rejects where wrangler ends before. */
  readonly ready: Promise<void>
  /** When wrangler has ended: the last lines that it printed. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

/**
 * Starts `wrangler dev` with the variables `vars`, which are neither printed nor visible in the list of processes.
 * `print` gets the service's own lines, and errors.
 */
export function startWrangler(options: {
  readonly port: number
  readonly stateDir: string
  readonly vars: Readonly<Record<string, string>>
  readonly print: (line: string) => void
}): WranglerDev {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'edgewatch-vars-'))
  const envFile = path.join(folder, 'vars.env')
  writeFileSync(envFile, toEnvFile(options.vars), { mode: 0o600 })

  const wrangler = path.join(
    path.dirname(createRequire(import.meta.url).resolve('wrangler/package.json')),
    'bin/wrangler.js',
  )
  const args = ['dev', '--ip', '127.0.0.1', '--port', String(options.port), '--inspector-port', '0']
  args.push('--env-file', envFile, '--persist-to', options.stateDir, '--show-interactive-dev-session=false')
  const child = spawnOwned(process.execPath, [wrangler, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      // The place of a request in Cloudflare's network: asked for over the internet, and not used here
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    },
  })
  const lastLines = readOutput(child, options.print)
  const ended = child.ended.then(() => {
    rmSync(folder, { recursive: true, force: true })
    return lastLines.join('\n')
  })
  return { ready: untilAnswering(options.port, child, ended), ended, stop: () => child.stop('SIGINT') }
}

/** Passes lines on, those of the start only from the first error on; gives the last lines, growing. */
function readOutput(child: OwnedChild, print: (line: string) => void): string[] {
  const lastLines: string[] = []
  let started = false
  for (const stream of [child.process.stdout, child.process.stderr]) {
    if (!stream) continue
    createInterface({ input: stream }).on('line', (line) => {
      const plain = stripVTControlCharacters(line)
      lastLines.push(plain)
      if (lastLines.length > 20) lastLines.shift()
      if (plain.startsWith('[wrangler:info] Ready on') || plain.includes('[ERROR]')) started = true
      if (started && !NOISE.test(plain)) print(process.stdout.isTTY ? line : plain)
    })
  }
  return lastLines
}

async function untilAnswering(port: number, child: OwnedChild, ended: Promise<string>): Promise<void> {
  for (;;) {
    if (child.hasEnded()) throw new Error(`wrangler dev ended:\n${await ended}`)
    try {
      await fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(5_000) })
      return
    } catch {
      await sleep(POLL_MS)
    }
  }
}

/** Variables as a file for dotenv, which fills in `$NAME` even between quotes unless it is escaped. */
export function toEnvFile(vars: Readonly<Record<string, string>>): string {
  return Object.entries(vars)
    .map(([name, value]) => {
      const quote = ["'", '`', '"'].find((mark) => !value.includes(mark))
      if (!quote) throw new Error(`${name} holds every kind of quotes`)
      return `${name}=${quote}${value.replaceAll('$', '\\$')}${quote}\n`
    })
    .join('')
}
