import { mkdtempSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import { type OwnedChild, spawnOwned } from '../child-process.ts'
import { type FindModule, mapStackFrames } from '../stack-frames.ts'

const LISTENING = '[wrangler:info] Ready on'
const MAX_LAST_LINES = 20

/** What wrangler prints that helps nobody here: each request (the service logs its own), and hints, and what it attaches. */
const NOISE =
  /^(\[wrangler:info\] ([A-Z]+ \/|Ready on|✨)|Using secrets defined in|Attaching additional modules|[┌├│└]|🪵|⎔ Starting|\s*$)/u

/** What wrangler sets before a warning or error that the service logs; a line of the service's log says it itself. */
const LEVEL_OF_LOG_LINE = /^[▲✘] \[(WARNING|ERROR)\] (?=\d{4}-\d\d-|\{)/u

/** `wrangler dev`, running the service. */
export interface WranglerDev {
  /** The id of the process and its group; undefined if it did not start. */
  readonly pid: number | undefined
  /** When the service accepts requests. Rejects where wrangler ends before. */
  readonly ready: Promise<void>
  /** When wrangler has ended: the last lines that it printed. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

/**
 * Starts `wrangler dev` with the variables `vars`, which are neither printed nor visible in the list of processes.
 * `print` gets the service's own lines, and errors; stack frames in them are those of the sources.
 */
export function startWrangler(options: {
  readonly port: number
  readonly stateDir: string
  readonly vars: Readonly<Record<string, string>>
  readonly print: (line: string) => void
  /** Default: frames stay as they are. */
  readonly findModule?: FindModule
  /** Runs this instead of `main` of wrangler.toml. */
  readonly script?: string
}): WranglerDev {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'edgewatch-vars-'))
  const envFile = path.join(folder, 'vars.env')
  writeFileSync(envFile, toEnvFile(options.vars), { mode: 0o600 })

  const wrangler = path.join(
    path.dirname(createRequire(import.meta.url).resolve('wrangler/package.json')),
    'bin/wrangler.js',
  )
  const args = [
    'dev',
    ...(options.script ? [options.script] : []),
    '--ip',
    '127.0.0.1',
    '--port',
    String(options.port),
    '--inspector-port',
    '0',
  ]
  args.push('--env-file', envFile, '--persist-to', options.stateDir, '--show-interactive-dev-session=false')
  const child = spawnOwned(process.execPath, [wrangler, ...args], {
    folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      // The place of a request in Cloudflare's network: asked for over the internet, and not used here
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    },
  })
  const { findModule = () => undefined, print } = options
  const { lastLines, listening } = readOutput(child, (line) => print(mapStackFrames(line, findModule)))
  const ended = child.ended.then(() => lastLines.join('\n'))
  const endedTooSoon = ended.then((said) => {
    throw new Error(`wrangler dev ended:\n${said}`)
  })
  return {
    pid: child.process.pid,
    ready: Promise.race([listening, endedTooSoon]),
    ended,
    stop: () => child.stop('SIGINT'),
  }
}

/** Passes lines on, those of the start only from the first error on. `lastLines` grows. */
function readOutput(child: OwnedChild, print: (line: string) => void) {
  const lastLines: string[] = []
  const { promise: listening, resolve: isListening } = Promise.withResolvers<void>()
  let printing = false
  for (const stream of [child.process.stdout, child.process.stderr]) {
    if (!stream) continue
    createInterface({ input: stream }).on('line', (line) => {
      const plain = stripVTControlCharacters(line)
      lastLines.push(plain)
      if (lastLines.length > MAX_LAST_LINES) lastLines.shift()
      if (plain.startsWith(LISTENING)) isListening()
      if (plain.startsWith(LISTENING) || plain.includes('[ERROR]')) printing = true
      if (printing && !NOISE.test(plain)) print(plain.replace(LEVEL_OF_LOG_LINE, ''))
    })
  }
  return { lastLines, listening }
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
