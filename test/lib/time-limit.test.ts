import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { renderError } from '../../src/lib/http-answers.ts'
import { timeLimit } from '../../src/lib/time-limit.ts'

const app = new Hono()
app.use(timeLimit(20))
app.get('/fast', (c) => c.text('done'))
app.get('/hangs', () => new Promise<never>(() => {}))
app.get('/fails', () => {
  throw new TypeError('broken')
})
app.onError((error, c) => (error instanceof TypeError ? c.text(error.message, 418) : renderError(error, c)))

it('answers 504 for a handler that hangs, in the shape of every error', async () => {
  const response = await app.request('/hangs')
  expect(response.status).toBe(504)
  expect(await response.json()).toMatchObject({
    error: { code: 'timeout', message: 'This took too long. Try again.' },
  })
})

it('leaves a handler that answers or throws in time alone', async () => {
  expect(await (await app.request('/fast')).text()).toBe('done')
  expect((await app.request('/fails')).status).toBe(418)
})
