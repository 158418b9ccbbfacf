import type { MiddlewareHandler } from 'hono'
import { Document } from './pages/layout.tsx'
import { wantsPage } from './wants-page.ts'

const TEXTS: Readonly<Record<number, string>> = {
  400: 'The form was not filled in as it must be. Go back, and look at each field.',
  401: 'You are not signed in, or no longer.',
  403: 'The form was made before you last signed in. Open the page anew, and send it again.',
  404: 'There is no such page.',
  429: 'Too many wrong tokens came from your address. Try again in a minute.',
  503: 'This is switched off, because it is not configured.',
  504: 'It took too long. Try again.',
}

/** Answers people with a page where programs get an error as JSON. */
export const errorPages =
  (service: string): MiddlewareHandler =>
  async (c, next) => {
    await next()
    const { status } = c.res
    const isJson = c.res.headers.get('Content-Type')?.startsWith('application/json')
    if (status < 400 || !isJson || !wantsPage(c)) return
    const text = TEXTS[status] ?? 'Something went wrong on our side.'
    const requestId: unknown = c.get('requestId')
    c.res = await c.html(
      <Document title={`${text} · ${service}`}>
        <body class="sign-in">
          <main>
            <h1>{text}</h1>
            <p>
              <a href="/admin">To the dashboard</a>
            </p>
            {typeof requestId === 'string' && (
              <p class="dim">
                Status {status}, request <code>{requestId}</code>, which finds it in the logs.
              </p>
            )}
          </main>
        </body>
      </Document>,
      status as 400,
    )
  }
