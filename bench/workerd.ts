import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnOwned } from '../sandbox/child-process.ts'
import { freePort } from '../sandbox/listen.ts'
import type { ConfigInput } from '../src/config/schema.ts'

const require = createRequire(import.meta.url)
const programOf = (packageName: string, file: string) =>
  path.join(path.dirname(require.resolve(`${packageName}/package.json`)), file)

/** As JavaScript, and Cap'n Proto, write it. */
const text = JSON.stringify

const COMPATIBILITY_DATE = '2026-11-01'

/** What a bundle has instead of what its sources import. */
interface Replaced {
  /** A package that is replaced by nothing. */
  readonly leaveOut?: string
  /** The service has these monitors, and else the configuration that is shipped. */
  readonly monitors?: NonNullable<ConfigInput['monitors']>
}

/** Bundles a Worker just as `wrangler deploy` does, and uploads nothing. Gives the script. */
export function bundle(entry: string, { leaveOut, monitors }: Replaced = {}): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'edgewatch-bench-'))
  try {
    const config = path.join(folder, 'wrangler.json')
    const nothing = path.join(folder, 'nothing.js')
    writeFileSync(nothing, 'export {}')
    const otherConfig = path.join(folder, 'edgewatch.config.ts')
    writeFileSync(
      otherConfig,
      `import shipped from ${text(path.resolve('edgewatch.config.ts'))}
export default { ...shipped, monitors: ${text(monitors ?? [])} }`,
    )
    const settings = {
      name: 'bench',
      main: path.resolve(entry),
      compatibility_date: COMPATIBILITY_DATE,
      compatibility_flags: ['nodejs_compat'],
      keep_names: false, // as in wrangler.toml
      alias: {
        ...(leaveOut && { [leaveOut]: nothing }),
        ...(monitors && { '../edgewatch.config.ts': otherConfig }), // as `src/services.ts` imports it
      },
    }
    writeFileSync(config, JSON.stringify(settings))
    const out = path.join(folder, 'out')
    const wrangler = programOf('wrangler', 'bin/wrangler.js')
    const args = [wrangler, 'deploy', '--dry-run', '--outdir', out, '-c', config]
    const result = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
    })
    const script = result.status === 0 && readdirSync(out).find((name) => name.endsWith('.js'))
    if (!script) throw new Error(`${entry} was not bundled:\n${result.stdout}${result.stderr}`)
    return readFileSync(path.join(out, script), 'utf8')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** CPU time that a process has used so far, with all its threads, in microseconds; undefined where only Linux tells. */
export function cpuMicroseconds(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined
  const folder = `/proc/${pid}/task`
  const nanoseconds = readdirSync(folder).map((thread) =>
    Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0]),
  )
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1000
}

/** What a Worker has beside its code and VERSION. */
export interface Surroundings {
  readonly variables?: Readonly<Record<string, string>>
  /** Durable Objects: classes by their bindings. */
  readonly objects?: Readonly<Record<string, string>>
}

/** A workerd that runs one Worker, with no inspector. */
export interface RunningWorkerd {
  readonly pid: number
  readonly url: string
  /** GETs a path. Rejects for anything but a 200. */
  get(pathAndQuery: string): Promise<Response>
  stop(): Promise<void>
}

/** Starts workerd on a free port of 127.0.0.1, and waits until it answers. */
export async function startWorkerd(script: string, surroundings: Surroundings = {}): Promise<RunningWorkerd> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'edgewatch-bench-'))
  const port = await freePort()
  const storage = path.join(folder, 'storage')
  mkdirSync(storage)
  writeFileSync(path.join(folder, 'worker.js'), script)
  writeFileSync(path.join(folder, 'config.capnp'), configFor(port, storage, surroundings))
  const child = spawnOwned(
    programOf('workerd', 'bin/workerd'),
    ['serve', path.join(folder, 'config.capnp')],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [child.process.stdout, child.process.stderr]) {
    stream?.on('data', (text) => {
      output += text
    })
  }
  const get = async (pathAndQuery: string) => {
    const url = `http://127.0.0.1:${port}${pathAndQuery}`
    const response = await fetch(url, { signal: AbortSignal.timeout(60_000) })
    if (response.status === 200) return response
    throw new Error(`${pathAndQuery}: ${response.status} ${await response.text()}\n${output}`)
  }
  const stop = async () => {
    await child.stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(10_000) })
      await response.arrayBuffer()
      return { pid: child.process.pid!, url: `http://127.0.0.1:${port}`, get, stop }
    } catch {
      if (child.hasEnded()) {
        await stop()
        throw new Error(`workerd ended:\n${output}`)
      }
      await sleep(20)
    }
  }
}

function configFor(port: number, storage: string, { variables = {}, objects = {} }: Surroundings): string {
  const classes = Object.values(objects).map(
    (name) => `(className = ${text(name)}, uniqueKey = ${text(name)}, enableSql = true)`,
  )
  const bindings = [
    `(name = "VERSION", json = ${text(JSON.stringify({ id: 'bench' }))})`,
    ...Object.entries(variables).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...Object.entries(objects).map(
      ([name, className]) => `(name = ${text(name)}, durableObjectNamespace = ${text(className)})`,
    ),
  ]
  return `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"])),
    (name = "storage", disk = (path = ${text(storage)}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  compatibilityFlags = ["nodejs_compat"],
  durableObjectNamespaces = [${classes.join(', ')}],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [${bindings.join(', ')}],
);
`
}
