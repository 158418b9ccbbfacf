import {
  accessSync,
  constants,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The sandbox that uses a state directory. */
interface Holder {
  readonly pid: number
  readonly port: number
  /** The process group of its `wrangler dev`, which may outlive it for a moment. */
  readonly group?: number
}

/** A state directory that no other sandbox uses. */
export interface StateLock {
  /** Also waits for this process group before the directory is free for another sandbox. */
  addGroup(group: number): void
  release(): void
}

const FILE = 'sandbox.lock'
/** Longer than the children of a killed sandbox live, which is 3 s; see `spawnOwned`. */
const LEFTOVERS_MS = 8_000
const POLL_MS = 100

/**
 * Creates a state directory if there is none, and locks it: two sandboxes would corrupt each other's databases. The lock ends
 * with this process, however that ends. Throws an Error that says who holds it, or why it can't be written.
 * @param instead the command that starts a sandbox beside the other one
 */
export async function lockState(stateDir: string, port: number, instead: string): Promise<StateLock> {
  const file = path.join(stateDir, FILE)
  const own = path.join(stateDir, `.${FILE}.${process.pid}`)
  const write = (holder: Holder) => writeFileSync(own, JSON.stringify(holder))
  try {
    mkdirSync(stateDir, { recursive: true })
    refuseReadOnly(stateDir)
    write({ pid: process.pid, port })
  } catch (error) {
    throw new Error(`STATE_DIR can't be used: ${(error as Error).message}\nChoose another: ${instead}`)
  }
  try {
    await takeOver(file, own, (other) => {
      throw new Error(takenMessage(stateDir, file, other, instead))
    })
  } finally {
    rmSync(own, { force: true })
  }
  const release = () => {
    process.off('exit', release)
    if (holderOf(file)?.pid === process.pid) rmSync(file, { force: true })
  }
  process.on('exit', release)
  return {
    addGroup(group) {
      write({ pid: process.pid, port, group })
      renameSync(own, file)
    },
    release,
  }
}

/** Links `own` as `file`: atomic, and it never replaces a file. */
async function takeOver(file: string, own: string, refuse: (other: Holder) => never): Promise<void> {
  const deadline = Date.now() + LEFTOVERS_MS
  for (;;) {
    try {
      linkSync(own, file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const other = holderOf(file)
      if (other && isSandbox(other.pid)) refuse(other)
      if (other?.group !== undefined && isRunning(-other.group)) {
        if (Date.now() > deadline) refuse(other)
        await sleep(POLL_MS)
        continue
      }
      rmSync(file, { force: true }) // its holder is gone
      continue
    }
    // Of two that find the same lock without a holder, one may have removed what the other had put there.
    await sleep(POLL_MS)
    const other = holderOf(file)
    if (other?.pid === process.pid) return
    if (other) refuse(other)
  }
}

/** Undefined if there is no readable lock. */
function holderOf(file: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as Partial<Holder>
    return Number.isInteger(holder.pid) ? (holder as Holder) : undefined
  } catch {
    return undefined
  }
}

/** Whether a process runs and is a sandbox, since its id may have been reused. True if that can't be determined. */
function isSandbox(pid: number): boolean {
  if (pid === process.pid || !isRunning(pid)) return false
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sandbox/dev')
  } catch {
    return true
  }
}

/** @param id of a process, or, negative, of a process group. */
function isRunning(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Throws for the first file or directory that isn't writable: workerd would hang on it. */
function refuseReadOnly(stateDir: string): void {
  accessSync(stateDir, constants.W_OK)
  for (const entry of readdirSync(stateDir, { recursive: true, encoding: 'utf8' })) {
    try {
      accessSync(path.join(stateDir, entry), constants.W_OK)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error // a running sandbox removes files
    }
  }
}

function takenMessage(stateDir: string, file: string, { pid, port }: Holder, instead: string): string {
  return [
    `Another sandbox (process ${pid}, http://127.0.0.1:${port}) is using the state in ${stateDir}; two would corrupt it.`,
    `Use that one, stop it (kill ${pid}), or start a second one: ${instead}`,
    `If process ${pid} is not a sandbox, delete ${file}.`,
  ].join('\n')
}
