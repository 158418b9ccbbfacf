import { Hono } from 'hono'
import { AdminAuth, type AdminVariables } from '../../src/admin/auth.ts'
import { Sessions } from '../../src/admin/sessions.ts'
import { keepForms, type ReopenForm, signInRoutes, signOutRoutes } from '../../src/admin/sign-in.tsx'
import { HOUR_MS } from '../../src/lib/clock.ts'
import { renderError } from '../../src/lib/http-answers.ts'
import { newId } from '../../src/lib/ids.ts'
import { Secret } from '../../src/lib/secret.ts'
import { TokenGuard } from '../../src/lib/token-guard.ts'

export const START_MS = Date.UTC(2026, 10, 21, 12, 3, 5)
export const SESSION_MS = 12 * HOUR_MS
export const PAGE = { Accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' }

/** Signing in around routes of a test's own, which are mounted under `/admin`; with the time in the test's hand. */
export class Dashboard {
  now = START_MS
  #app: Hono<{ Variables: AdminVariables }>

  constructor(tokens: readonly string[], mount?: (clock: () => number) => Mounted) {
    this.#app = new Hono<{ Variables: AdminVariables }>()
    this.deploy(tokens, mount)
  }

  /** Starts anew, with other tokens. */
  deploy(tokens: readonly string[], mount: (clock: () => number) => Mounted = sample): void {
    const secrets = tokens.map((token) => new Secret(token))
    const clock = () => this.now
    const sessions = new Sessions({ tokens: secrets, clock, newId })
    const guard = new TokenGuard({ purpose: 'admin', tokens: secrets, clock, wrongTokenLimit: tenAtMost() })
    const auth = new AdminAuth({ guard, sessions })
    const app = new Hono<{ Variables: AdminVariables }>()
    const { routes, reopen } = mount(clock)
    const signIn = { auth, sessions, service: 'Shop', reopen }
    app.route('/admin', signInRoutes(signIn))
    app.use('/admin/pages/*', keepForms(signIn))
    app.use('/admin/*', auth.required)
    app.route('/admin', signOutRoutes(sessions))
    app.route('/admin', routes)
    app.onError(renderError)
    this.#app = app
  }

  async request(path: string, init: RequestInit = {}): Promise<Response> {
    return await this.#app.request(path.startsWith('http') ? path : `https://shop.test${path}`, init)
  }

  /** Sends the sign-in form, as our page does. */
  signIn(token: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) {
    return this.request('/admin/login', {
      method: 'POST',
      headers: { 'Sec-Fetch-Site': 'same-origin', ...headers },
      body: new URLSearchParams({ token, ...fields }),
    })
  }

  /** The `Cookie` header of somebody who signed in. */
  async cookie(token: string): Promise<string> {
    return cookieOf(await this.signIn(token))
  }

  /** What the forms of a session carry. */
  async csrfToken(cookie: string): Promise<string> {
    return (await (await this.request('/admin/sample', { headers: { Cookie: cookie } })).json()) as string
  }
}

export const cookieOf = (response: Response): string =>
  (response.headers.get('Set-Cookie') ?? '').split(';')[0] ?? ''

/** What is behind signing in. */
interface Mounted {
  readonly routes: Hono<{ Variables: AdminVariables }>
  readonly reopen: ReopenForm
}

/** Tells the session's CSRF token, and counts what was changed. */
function sample(): Mounted {
  let changes = 0
  const routes = new Hono<{ Variables: AdminVariables }>()
    .get('/', (c) => c.html('home'))
    .get('/sample', (c) => c.json(c.get('session')?.csrfToken ?? null))
    .post('/sample', (c) => c.json({ changes: ++changes }))
  return { routes, reopen: () => undefined }
}

function tenAtMost(): RateLimit {
  const counts = new Map<string, number>()
  return {
    limit: async ({ key }: RateLimitOptions) => {
      counts.set(key, (counts.get(key) ?? 0) + 1)
      return { success: (counts.get(key) ?? 0) <= 10 }
    },
  } as RateLimit
}
