import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Sandbox } from './sandbox.ts'

const texts = ['README.md', 'docs/monitors.md'].map((path) =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'),
)
/** Every curl command, those of several lines made one. */
const commands = [
  ...texts.join('\n').matchAll(/^(?: {2}[a-z ]+MongoDB|look at it|mend it)?.*?(curl (?:.*\\\n)*.*)$/gm),
]
  .map(([, command = '']) => command.replaceAll('\\\n', ' '))
  .filter((command) => command.includes('127.0.0.1'))

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await Sandbox.start()
})
afterAll(() => sandbox?.close())

it('has commands to try', () => expect(commands.length).toBeGreaterThanOrEqual(7))

it.each(commands)('%s', async (command) => {
  const here = command
    .replace('http://127.0.0.1:8787', sandbox.url)
    .replace('http://127.0.0.1:8788', sandbox.inboxUrl)
    .replace('curl ', 'curl --silent --show-error --max-time 20 ')
  const { stdout } = await promisify(execFile)('sh', ['-c', here])
  expect(stdout).not.toContain('"error"')
  if (here.includes('/health')) expect(stdout).toContain('"status":')
  if (here.includes('/admin/alerts/test')) {
    expect((await sandbox.pages()).at(-1)).toMatchObject({
      receiver: 'slack',
      text: expect.stringMatching(/test/i),
    })
  }
})
