import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'

const KILL_AFTER_MS = 5_000

/** A child process that does not outlive us, whatever ends us. */
export interface OwnedChild {
  readonly process: ChildProcess
  /** When it has ended, by itself or not. */
  readonly ended: Promise<void>
  hasEnded(): boolean
  /** Asks it to end with `signal`, and ends it by force if it doesn't within 5 s. */
  stop(signal: NodeJS.Signals): Promise<void>
}

/**
 * Starts a child in a process group of its own: Ctrl-C in a terminal then reaches only us, and the order of shutdown is
 * ours. All of its group ends with it, and with us, and `folder` is removed then.
 */
export function spawnOwned(
  file: string,
  args: readonly string[],
  { folder, ...options }: SpawnOptions & { readonly folder?: string },
): OwnedChild {
  const child = spawn(file, args, { ...options, detached: true })
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined
  const killGroup = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // all of it has ended already
    }
  }
  const killNow = () => killGroup('SIGKILL')
  process.once('exit', killNow)
  const leash = child.pid === undefined ? undefined : startLeash(child.pid, folder)
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve()).once('error', () => resolve())
  }).then(() => {
    leash?.kill('SIGKILL')
    process.off('exit', killNow)
    killNow() // what it left behind
    if (folder) rmSync(folder, { recursive: true, force: true })
  })
  return {
    process: child,
    ended,
    hasEnded,
    async stop(signal) {
      if (hasEnded()) return ended
      child.kill(signal)
      const timer = setTimeout(killNow, KILL_AFTER_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

/**
 * When we are killed so that we can clean up nothing, our end of this process's input closes, and it ends the group.
 */
function startLeash(pid: number, folder?: string): ChildProcess {
  const script = `read -r _; kill -s TERM -- -${pid}; sleep 3; kill -s KILL -- -${pid}; [ -z "$0" ] || rm -rf "$0"`
  const leash = spawn('sh', ['-c', script, folder ?? ''], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  leash.unref()
  leash.once('error', () => {})
  ;(leash.stdin as unknown as { unref?(): void }).unref?.()
  return leash
}
