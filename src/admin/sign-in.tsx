import type { Context } from 'hono'
import { Hono } from 'hono'
import { BLOCKED_MS } from '../lib/token-guard.ts'
import type { AdminAuth, AdminVariables } from './auth.ts'
import { formField } from './form-fields.ts'
import { Document } from './pages/layout.tsx'
import { HOME_PATH, returnPath } from './return-path.ts'
import type { Sessions } from './sessions.ts'
import { isSecure } from './sessions.ts'

/** What signing in and out uses. */
export interface SignInSettings {
  readonly auth: AdminAuth
  readonly sessions: Sessions
  /** What the service is called. */
  readonly service: string
}

/** Signing in; to be mounted under `/admin`, before its authentication. */
export function signInRoutes({ auth, sessions, service }: SignInSettings) {
  const page = (
    c: Context,
    status: 200 | 400 | 401 | 429 | 503,
    to: string | undefined,
    problem?: string,
  ) => {
    if (status === 503) c.set('statusIsAnswer', true) // how it is configured, no failure
    return c.html(
      <SignInPage service={service} to={returnPath(to)} problem={problem} enabled={auth.isEnabled} />,
      status,
    )
  }

  return new Hono()
    .get('/login', async (c) => {
      const url = new URL(c.req.url)
      if (url.protocol === 'http:' && isSecure(c)) {
        url.protocol = 'https:' // the cookie would not be sent over http, and the token must not be
        return c.redirect(url.href, 307)
      }
      if (!auth.isEnabled) return page(c, 503, undefined)
      const to = c.req.query('to')
      if (await auth.isAdmin(c)) return c.redirect(returnPath(to), 303)
      return page(c, 200, to)
    })
    .post('/login', async (c) => {
      if (!auth.isEnabled) return page(c, 503, undefined)
      const to = await formField(c, 'to')
      const sent = (await formField(c, 'token'))?.trim()
      if (!sent) return page(c, 400, to, 'Enter an admin token.')
      const examined = await auth.examine(c, sent)
      if (examined === 'wrong') return page(c, 401, to, 'That is not a valid admin token.')
      if (examined === 'blocked') {
        c.header('Retry-After', String(BLOCKED_MS / 1000))
        return page(c, 429, to, 'Too many wrong tokens came from your address. Try again in a minute.')
      }
      await sessions.begin(c, examined)
      return c.redirect(returnPath(to), 303)
    })
}

/** Signing out; to be mounted under `/admin`, behind its authentication, which asks for the CSRF token. */
export const signOutRoutes = (sessions: Sessions) =>
  new Hono<{ Variables: AdminVariables }>().post('/logout', (c) => {
    sessions.end(c)
    return c.redirect('/admin/login', 303)
  })

const SignInPage = ({
  service,
  to,
  problem,
  enabled,
}: {
  service: string
  to: string
  problem: string | undefined
  enabled: boolean
}) => (
  <Document title={`Sign in · ${service}`}>
    <body class="sign-in">
      <main>
        <h1>{service}</h1>
        {enabled ? (
          <form method="post" action="/admin/login">
            {/* Password managers keep a token under a name. */}
            <input type="text" name="username" value="admin" autocomplete="username" hidden />
            <label for="token">Admin token</label>
            <input
              id="token"
              name="token"
              type="password"
              required
              autofocus
              autocomplete="current-password"
              maxlength={1000}
              {...(problem !== undefined && { 'aria-describedby': 'problem', 'aria-invalid': 'true' })}
            />
            {problem !== undefined && (
              <p id="problem" class="problem" role="alert">
                {problem}
              </p>
            )}
            {to !== HOME_PATH && <input type="hidden" name="to" value={to} />}
            <button type="submit">Sign in</button>
          </form>
        ) : (
          <p>
            Nobody can sign in: no admin token is configured. Set one with{' '}
            <code>npx wrangler secret put ADMIN_TOKEN</code>.
          </p>
        )}
        <p class="dim">
          The session ends after 12 hours, and when the token is changed. <a href="/">What this is</a>
        </p>
      </main>
    </body>
  </Document>
)
