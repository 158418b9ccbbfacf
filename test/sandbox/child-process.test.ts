import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { spawnOwned } from '../../sandbox/child-process.ts'

test('a child is stopped by a signal, with what it started', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'edgewatch-test-'))
  const child = spawnOwned('sh', ['-c', 'sleep 1000 & echo started; wait'], {
    folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const output = child.process.stdout!
  const outputClosed = once(output, 'close') // by the last process that holds it
  await once(output, 'data')
  expect(child.hasEnded()).toBe(false)
  await child.stop('SIGTERM')
  expect(child.hasEnded()).toBe(true)
  await outputClosed
  expect(existsSync(folder)).toBe(false)
})

test('a child ends when we are killed', async () => {
  const module = new URL('../../sandbox/child-process.ts', import.meta.url)
  const script = `
    import { spawnOwned } from ${JSON.stringify(module)}
    spawnOwned('sleep', ['1000'], { stdio: ['ignore', 'inherit', 'ignore'] })
    console.log('started')`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const outputClosed = once(parent.stdout, 'close')
  await once(parent.stdout, 'data')
  parent.kill('SIGKILL')
  await outputClosed
})

test('a program that does not exist ends at once', async () => {
  const child = spawnOwned('/nowhere/program', [], { stdio: 'ignore' })
  await child.ended
  expect(child.hasEnded()).toBe(true)
  await child.stop('SIGTERM')
})
