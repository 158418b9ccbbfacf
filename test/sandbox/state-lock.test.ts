import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockState } from '../../sandbox/dev/state-lock.ts'

const SANDBOX = path.resolve(import.meta.dirname, '../../sandbox')
const BESIDE = 'PORT=1 npm run dev'

let folder: string
let stateDir: string
const children: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'edgewatch-lock-'))
  stateDir = path.join(folder, 'state')
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const lockFile = () => path.join(stateDir, 'sandbox.lock')

/** A process that locks the directory, prints `locked` or why not, and runs `then`. */
async function otherSandbox(then = 'setInterval(() => {}, 1000)') {
  const script = `
    import { lockState } from '${SANDBOX}/dev/state-lock.ts'
    try {
      await lockState('${stateDir}', 8787, '${BESIDE}')
      console.log('locked')
      ${then}
    } catch (error) {
      console.log(error.message)
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script])
  children.push(child)
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, said: String(said).trim() }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal)
  await once(child, 'exit')
}

const lock = () => lockState(stateDir, 8787, BESIDE)

test('a state directory is one sandbox’s, and the second is told who has it and what to do', async () => {
  const { child, said } = await otherSandbox()
  expect(said).toBe('locked')
  await expect(lock()).rejects.toThrow(
    `Another sandbox (process ${child.pid}, http://127.0.0.1:8787) is using the state in ${stateDir}; two would corrupt it.\n` +
      `Use that one, stop it (kill ${child.pid}), or start a second one: ${BESIDE}\n`,
  )
  expect(JSON.parse(readFileSync(lockFile(), 'utf8'))).toMatchObject({ pid: child.pid })
  await end(child, 'SIGKILL')
  const own = await lock()
  expect(readdirSync(stateDir)).toEqual(['sandbox.lock'])
  own.release()
  expect(readdirSync(stateDir)).toEqual([])
})

test.each([
  ['exits', 'process.exit(0)'],
  ['crashes', "setImmediate(() => { throw new Error('crash') })"],
  ['ends by itself', ''],
])('the lock is gone once its process %s', async (_, then) => {
  const { child } = await otherSandbox(then)
  if (child.exitCode === null) await once(child, 'exit')
  expect(existsSync(lockFile())).toBe(false)
})

test('a lock whose process id is somebody else’s by now, or that says nothing, is nobody’s', async () => {
  const sleeper = spawn('sleep', ['60'])
  children.push(sleeper)
  const first = await lock()
  first.release()
  for (const left of [
    JSON.stringify({ pid: sleeper.pid, port: 1 }),
    JSON.stringify({ pid: process.pid }),
    '',
  ]) {
    writeFileSync(lockFile(), left)
    const own = await lock()
    expect(JSON.parse(readFileSync(lockFile(), 'utf8'))).toEqual({ pid: process.pid, port: 8787 })
    own.release()
  }
})

test('of many that find a lock without a holder, one gets it', async () => {
  const first = await otherSandbox()
  await end(first.child, 'SIGKILL')
  const said = await Promise.all(Array.from({ length: 6 }, async () => (await otherSandbox()).said))
  expect(said.filter((each) => each === 'locked')).toHaveLength(1)
  expect(said.filter((each) => each.startsWith('Another sandbox'))).toHaveLength(5)
}, 30_000)

test('what a killed sandbox left running is waited for', async () => {
  const leftover = spawn('sleep', ['60'], { detached: true })
  children.push(leftover)
  const { child } = await otherSandbox()
  await end(child, 'SIGKILL')
  writeFileSync(lockFile(), JSON.stringify({ pid: child.pid, port: 8787, group: leftover.pid }))
  let isLocked = false
  const locking = lock().then((own) => {
    isLocked = true
    return own
  })
  await once(spawn('true'), 'exit')
  expect(isLocked).toBe(false)
  await end(leftover, 'SIGKILL')
  ;(await locking).release()
})

/** Starts the sandbox itself, which ends before it has started anything. */
async function dev(state: string): Promise<string> {
  const env = { ...process.env, PORT: '21410', INBOX_PORT: '21411', STATE_DIR: state }
  const child = spawn(process.execPath, [path.join(SANDBOX, 'dev.ts')], { env })
  children.push(child)
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  const [code] = (await once(child, 'close')) as [number]
  expect(code).toBe(1)
  return said
}

test('npm run dev does not start on the state of another sandbox', async () => {
  const { child } = await otherSandbox()
  const said = await dev(stateDir)
  expect(said).toContain(`Another sandbox (process ${child.pid}`)
  expect(said).toContain('STATE_DIR=.wrangler/state-21420 PORT=21420 INBOX_PORT=21421 npm run dev')
}, 30_000)

test('npm run dev says that a state directory can not be written', async () => {
  writeFileSync(path.join(folder, 'file'), '')
  const said = await dev(path.join(folder, 'file', 'state'))
  expect(said).toMatch(/STATE_DIR can't be used: ENOTDIR.*\nChoose another: STATE_DIR=/)
}, 30_000)
