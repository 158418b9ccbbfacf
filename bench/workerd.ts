import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import shipped from '../edgewatch.config.ts'
import { spawnOwned } from '../sandbox/child-process.ts'
import { freePort } from '../sandbox/listen.ts'
import { buildWorker } from '../scripts/bundle.ts'
import { compileConfig } from '../src/config/load.ts'
import type { ConfigInput } from '../src/config/schema.ts'

const require = createRequire(import.meta.url)
const programOf = (packageName: string, file: string) =>
  path.join(path.dirname(require.resolve(`${packageName}/package.json`)), file)

/** As JavaScript, and Cap'n Proto, write it. */
const text = JSON.stringify

const COMPATIBILITY_DATE = '2026-11-01'

/** The modules of a Worker by their names, `index.js` first. */
export type Modules = Readonly<Record<string, string>>

/**
 * Bundles a Worker just as it is deployed.
 * @param monitors the service has these, and else the configuration that is shipped
 */
export async function bundle(entry: string, monitors?: ConfigInput['monitors']): Promise<Modules> {
  const config = compileConfig(monitors ? { ...shipped, monitors } : shipped)
  return (await buildWorker(entry, config)).modules
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
  /** Whether points can be written to Analytics Engine, as ANALYTICS. */
  readonly analytics?: boolean
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
export async function startWorkerd(
  modules: Modules,
  surroundings: Surroundings = {},
): Promise<RunningWorkerd> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'edgewatch-bench-'))
  const port = await freePort()
  const storage = path.join(folder, 'storage')
  mkdirSync(storage)
  for (const [name, text] of Object.entries(modules)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  writeFileSync(
    path.join(folder, 'config.capnp'),
    configFor(Object.keys(modules), port, storage, surroundings),
  )
  const child = spawnOwned(
    programOf('workerd', 'bin/workerd'),
    ['serve', '--experimental', path.join(folder, 'config.capnp')],
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

function configFor(
  modules: readonly string[],
  port: number,
  storage: string,
  { variables = {}, objects = {}, analytics = false }: Surroundings,
): string {
  const embedded = modules.map((name) => `(name = ${text(name)}, esModule = embed ${text(name)})`)
  const classes = Object.values(objects).map(
    (name) => `(className = ${text(name)}, uniqueKey = ${text(name)}, enableSql = true)`,
  )
  const bindings = [
    `(name = "VERSION", json = ${text(JSON.stringify({ id: 'bench' }))})`,
    ...Object.entries(variables).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...Object.entries(objects).map(
      ([name, className]) => `(name = ${text(name)}, durableObjectNamespace = ${text(className)})`,
    ),
    ...(analytics ? ['(name = "ANALYTICS", analyticsEngine = "internet")'] : []),
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
  modules = [${embedded.join(', ')}],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  durableObjectNamespaces = [${classes.join(', ')}],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [${bindings.join(', ')}],
);
`
}
