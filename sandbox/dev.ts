/** `npm run dev`: the service and all that it talks to, on this machine. */
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { startBackupJob } from './dev/backup-job.ts'
import { banner } from './dev/banner.ts'
import { insertSampleData } from './dev/sample-data.ts'
import { type DevSettings, readSettings, secondSandbox, takenPortMessage } from './dev/settings.ts'
import { lockState } from './dev/state-lock.ts'
import { startTicker } from './dev/ticker.ts'
import { startTraffic } from './dev/traffic.ts'
import { startWrangler } from './dev/wrangler.ts'
import { listen } from './listen.ts'
import { startServers } from './servers.ts'
import { modulesIn } from './stack-frames.ts'

const PARENT_POLL_MS = 500
const DIST = fileURLToPath(new URL('../dist', import.meta.url))

const closers: (() => void | Promise<void>)[] = []
let stopping = false

/** Ends what was started, last first. Asked a second time it leaves at once; children then are killed. */
async function stop(exitCode: number): Promise<void> {
  if (stopping) process.exit(1)
  stopping = true
  for (const close of closers.reverse()) {
    await Promise.resolve(close()).catch((error: Error) => console.error(error.message))
  }
  process.exit(exitCode)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0))

// npm passes a signal on to a shell, which dies of it and tells nobody
const parentPid = process.ppid
if (process.env.npm_lifecycle_event) {
  setInterval(() => {
    if (process.ppid !== parentPid && !stopping) stop(0)
  }, PARENT_POLL_MS).unref()
}

run().catch((error: Error) => {
  if (stopping) return
  console.error(error.message)
  stop(1)
})

async function run(): Promise<void> {
  const settings = readSettings(process.env)
  const lock = await lockState(settings.stateDir, settings.port, secondSandbox(settings))
  closers.push(lock.release)
  await refuseTakenPorts(settings)
  const serviceUrl = `http://127.0.0.1:${settings.port}`
  console.log('Starting ...')
  const findModule = modulesIn(DIST)

  const starting = startServers({ inboxPort: settings.inboxPort, findModule })
  closers.push(async () => (await starting).close())
  const servers = await starting
  const documents = await insertSampleData(servers.vars.MONGODB_URI as string, Date.now())
  if (stopping) return

  const wrangler = startWrangler({
    port: settings.port,
    stateDir: settings.stateDir,
    findModule,
    vars: {
      ...servers.vars,
      SERVICE_URL: serviceUrl,
      BACKUP_JOB: 'of the sandbox',
      LOG_FORMAT: process.env.LOG_FORMAT ?? 'text',
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
    },
    print: (line) => {
      if (!stopping) console.log(line)
    },
  })
  closers.push(wrangler.stop)
  if (wrangler.pid !== undefined) lock.addGroup(wrangler.pid)
  await wrangler.ready
  if (stopping) return
  wrangler.ended.then((lastLines) => {
    if (stopping) return
    console.error(`wrangler dev ended, so everything does. It said last:\n${lastLines}`)
    stop(1)
  })

  const { ADMIN_TOKEN = '', INGEST_TOKEN = '', HEARTBEAT_TOKEN = '' } = servers.vars
  const backupJob = await startBackupJob(serviceUrl, HEARTBEAT_TOKEN)
  closers.push(backupJob.stop)
  if (stopping) return

  console.log(banner(serviceUrl, servers, { documents }, settings.tickSeconds))
  const ticker = startTicker(serviceUrl, settings.tickSeconds, (line) => console.error(line))
  closers.push(ticker.stop)
  if (settings.trafficSeconds > 0) {
    const traffic = startTraffic({
      serviceUrl,
      adminToken: ADMIN_TOKEN,
      ingestToken: INGEST_TOKEN,
      everySeconds: settings.trafficSeconds,
    })
    closers.push(traffic.stop)
  }
}

async function refuseTakenPorts(settings: DevSettings): Promise<void> {
  for (const port of [settings.port, settings.inboxPort]) {
    const server = createServer()
    try {
      await listen(server, port)
    } catch {
      throw new Error(takenPortMessage(port, settings))
    }
    await new Promise((resolve) => server.close(resolve))
  }
}
