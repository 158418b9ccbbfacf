import type { Context, MiddlewareHandler } from 'hono'
import { Hono } from 'hono'
import { HttpError } from '../lib/http-error.ts'
import { BLOCKED_MS } from '../lib/token-guard.ts'
import type { AdminAuth, AdminVariables } from './auth.ts'
import { formField } from './form-fields.ts'
import { decodeForm, encodeFields, isFromOurPage, type KeptForm, keptForm } from './kept-form.ts'
import { Document } from './pages/layout.tsx'
import { returnPath } from './return-path.ts'
import type { Sessions } from './sessions.ts'
import { isSecure } from './sessions.ts'
import { wantsPage } from './wants-page.ts'

/** What signing in and out uses. */
export interface SignInSettings {
  readonly auth: AdminAuth
  readonly sessions: Sessions
  readonly reopen: ReopenForm
  /** What the service is called. */
  readonly service: string
}

/**
 * Shows a refused form again, filled in as it was sent, for the session on the context. Undefined if no page has such a form.
 * @param message why it was refused, in a sentence
 */
export type ReopenForm = (
  c: Context,
  form: KeptForm,
  message: string,
) => Response | Promise<Response> | undefined

/** Signing in; to be mounted under `/admin`, before its authentication. */
export function signInRoutes({ auth, sessions, service, reopen }: SignInSettings) {
  const page = (
    c: Context,
    status: 200 | 400 | 401 | 429 | 503,
    to: string | undefined,
    problem?: string,
    kept?: KeptForm,
  ) => {
    if (status === 503) c.set('statusIsAnswer', true) // how it is configured, no failure
    return c.html(
      <SignInPage
        service={service}
        to={returnPath(to)}
        kept={kept}
        problem={problem}
        enabled={auth.isEnabled}
      />,
      status,
    )
  }

  return new Hono<{ Variables: AdminVariables }>()
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
      const action = isFromOurPage(c) ? await formField(c, 'action') : undefined
      const kept = action === undefined ? undefined : decodeForm(action, (await formField(c, 'kept')) ?? '')
      if (!sent) return page(c, 400, to, 'Enter an admin token.', kept)
      const examined = await auth.examine(c, sent)
      if (examined === 'wrong') return page(c, 401, to, 'That is not a valid admin token.', kept)
      if (examined === 'blocked') {
        c.header('Retry-After', String(BLOCKED_MS / 1000))
        const problem = 'Too many wrong tokens came from your address. Try again in a minute.'
        return page(c, 429, to, problem, kept)
      }
      c.set('session', await sessions.begin(c, examined))
      const reopened =
        kept && reopen(c, kept, 'your session had ended. Check what you entered and send it again.')
      return reopened ?? c.redirect(returnPath(to), 303)
    })
}

/**
 * Keeps what people entered into a form whose session is no longer valid. They get it back after signing in, or at once if
 * they have a newer session, and send it again themselves, with that session's CSRF token. Mount it around the authentication.
 */
export const keepForms =
  ({ sessions, service, reopen }: Omit<SignInSettings, 'auth'>): MiddlewareHandler =>
  async (c, next) => {
    await next()
    const { error } = c
    if (!(error instanceof HttpError) || !wantsPage(c) || c.req.header('Authorization')) return
    if (error.code !== 'unauthorized' && error.code !== 'csrf_token_missing') return
    const form = await keptForm(c)
    if (!form) return
    if (error.code === 'unauthorized') {
      const to = returnPath(form.action.replace(/\/\w+$/, ''))
      c.res = await c.html(
        <SignInPage service={service} to={to} kept={form} problem={undefined} enabled />,
        401,
      )
      return
    }
    c.set('session', await sessions.of(c))
    c.status(403)
    const message = 'the form was made before you last signed in. Check what you entered and send it again.'
    const page = await reopen(c, form, message)
    if (page) c.res = page
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
  kept,
  problem,
  enabled,
}: {
  service: string
  to: string
  /** The form that was sent after its session ended. */
  kept: KeptForm | undefined
  problem: string | undefined
  enabled: boolean
}) => (
  <Document title={`Sign in · ${service}`}>
    <body class="sign-in">
      <main>
        <h1>{service}</h1>
        {enabled ? (
          <form method="post" action="/admin/login">
            {kept && (
              <p>Your session has ended, so nothing was sent. Sign in to get back what you entered.</p>
            )}
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
            <input type="hidden" name="to" value={to} />
            {kept && (
              <>
                <input type="hidden" name="action" value={kept.action} />
                <input type="hidden" name="kept" value={encodeFields(kept)} />
              </>
            )}
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
      <script src="/assets/sign-in.js" type="module" />
    </body>
  </Document>
)
