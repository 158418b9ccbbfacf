import { raw } from 'hono/html'
import type { Child } from 'hono/jsx'
import type { MonitorState } from '../monitors/model.ts'
import { paletteOf } from './colours.ts'
import type { Dress } from './page-model.ts'
import { style } from './style.ts'

/** Where the page is. */
export const STATUS_PATH = '/status'

/** A page, and the style that its policy must allow. */
export interface Page {
  readonly html: string
  readonly style: string
}

/** Puts a page together: what is around it, and the style with which it is sent. */
export function shell({
  status,
  heading,
  look,
  style: more = '',
  children,
}: {
  readonly status: Dress
  /** For the browser's tab: the state comes first. */
  readonly heading: string
  /** The state that the icon shows. */
  readonly look: MonitorState
  readonly style?: string
  readonly children: Child
}): Page {
  const { title, logo, links } = status
  const css = style(status.colours) + more
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{heading}</title>
        <link rel="icon" href={favicon(paletteOf(status.colours)[look])} />
        <link rel="alternate" type="application/atom+xml" title={title} href={`${STATUS_PATH}/feed.atom`} />
        <link rel="alternate" type="application/rss+xml" title={title} href={`${STATUS_PATH}/feed.rss`} />
        <style>{raw(css)}</style>
      </head>
      <body>
        <a class="skip" href="#content">
          Skip to the content
        </a>
        <header>
          <p>
            {logo && <img src={logo} alt="" />}
            {title}
          </p>
          {links.length > 0 && (
            <nav aria-label="Links">
              <ul>
                {links.map(({ name, url }) => (
                  <li>
                    <a href={url}>{name}</a>
                  </li>
                ))}
              </ul>
            </nav>
          )}
        </header>
        <main id="content" tabindex={-1}>
          {children}
        </main>
        <footer>
          <p class="dim">
            Follow: <a href={`${STATUS_PATH}/feed.atom`}>Atom</a>, <a href={`${STATUS_PATH}/feed.rss`}>RSS</a>
            , <a href={`${STATUS_PATH}.json`}>JSON</a>
          </p>
          <p class="dim">
            Days and times are in UTC. Uptime counts only the time that was measured; maintenance and time
            without checks are left out.
          </p>
        </footer>
      </body>
    </html>
  )
  return { html: `<!DOCTYPE html>${page.toString()}`, style: css }
}

/** A page that has only something to say, such as that there is none. */
export const messagePage = (status: Dress, heading: string, message: string): Page =>
  shell({
    status,
    heading: `${heading} – ${status.title}`,
    look: 'unknown',
    children: (
      <>
        <div class="banner dot unknown">
          <div>
            <h1>{heading}</h1>
            <p>{message}</p>
          </div>
        </div>
        <p class="keys">
          <a href={STATUS_PATH}>To the status page</a>
        </p>
      </>
    ),
  })

const favicon = (colour: string): string =>
  `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="${colour}"/></svg>`,
  )}`
