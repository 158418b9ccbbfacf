// The dashboard's script: has the charts drawn, reads the page anew, and says how old it is. Every page works without it.
// Nothing is kept here: what is shown is what the server last made.
import { drawAll, redrawAll, resizeAll } from './charts.js'

/** A page that could not be read anew is tried again this soon; the time doubles each time. */
const RETRY_SECONDS = 15
const MAX_RETRY_SECONDS = 300

/** What tells a folded thing from the others, also when there are more of them. */
const keyOf = (/** @type {Element} */ details) =>
  `${details.closest('[id]')?.id} ${details.querySelector('summary')?.textContent}`

/** Puts the parts of a page that was read anew in the place of the old ones, but for what somebody is at work with. */
function replaceParts(/** @type {Document} */ fresh) {
  for (const part of document.querySelectorAll('[data-part]')) {
    const next = fresh.getElementById(part.id)
    const inUse =
      part.matches(':hover:has([data-chart]:hover)') ||
      part.contains(document.activeElement) ||
      part.hasAttribute('data-edited')
    if (!next || inUse) continue
    const open = new Set([...part.querySelectorAll('details[open]')].map(keyOf))
    for (const details of next.querySelectorAll('details')) if (open.has(keyOf(details))) details.open = true
    const scrolled = [...part.querySelectorAll('.scroll')].map((each) => [each.scrollLeft, each.scrollTop])
    part.replaceWith(next)
    next.querySelectorAll('.scroll').forEach((each, index) => {
      const [left = 0, top = 0] = scrolled[index] ?? []
      each.scrollTo(left, top)
    })
  }
  const time = fresh.querySelector('#freshness time')
  if (time) document.querySelector('#freshness time')?.replaceWith(time)
  drawAll()
}

let problem = ''
let retrySeconds = RETRY_SECONDS

/** Reads the page anew; gives the seconds after which to do it again, or undefined where that makes no sense. */
async function refresh() {
  const seconds = Number(document.body.dataset.refreshSeconds)
  try {
    const response = await fetch(location.href, {
      headers: { Accept: 'text/html' },
      signal: AbortSignal.timeout(20_000),
    })
    if (response.redirected && new URL(response.url).pathname === '/admin/login') {
      problem = 'You are signed out'
      const link = document.createElement('a')
      link.href = response.url // leads back to this page
      link.textContent = 'Sign in'
      document.getElementById('freshness')?.append(' ', link)
      return undefined
    }
    if (!response.ok) throw new Error(`the service answered ${response.status}`)
    replaceParts(new DOMParser().parseFromString(await response.text(), 'text/html'))
    problem = ''
    retrySeconds = RETRY_SECONDS
    return seconds
  } catch (error) {
    const reason =
      error instanceof TypeError ? 'the service can’t be reached' : /** @type {Error} */ (error).message
    problem = `Can’t be read anew: ${reason}`
    retrySeconds = Math.min(MAX_RETRY_SECONDS, retrySeconds * 2)
    return retrySeconds
  } finally {
    sayAge()
  }
}

/** How long ago something was, for people. */
function ago(/** @type {number} */ atMs) {
  const seconds = Math.max(0, Math.round((Date.now() - atMs) / 1000))
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`
  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} h ago`
    : `${Math.round(seconds / 86_400)} days ago`
}

function sayAge() {
  const freshness = document.getElementById('freshness')
  const age = document.getElementById('age')
  const time = freshness?.querySelector('time')
  if (!freshness || !age || !time) return
  age.textContent = `, ${ago(Date.parse(time.dateTime))}${problem && `. ${problem}.`}`
  freshness.classList.toggle('stale', problem !== '')
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer
let dueMs = Number.POSITIVE_INFINITY

function schedule(/** @type {number | undefined} */ seconds) {
  clearTimeout(timer)
  dueMs = seconds ? Date.now() + seconds * 1000 : Number.POSITIVE_INFINITY
  if (seconds && !document.hidden) timer = setTimeout(run, seconds * 1000)
}

async function run() {
  schedule(undefined)
  schedule(await refresh())
}

drawAll()
sayAge()
// On a narrow screen the menu scrolls sideways.
document.querySelector('nav [aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
setInterval(() => document.hidden || sayAge(), 1000)
schedule(Number(document.body.dataset.refreshSeconds))
// A page that nobody looks at asks for nothing; looked at again, it catches up at once.
document.addEventListener('visibilitychange', () => {
  clearTimeout(timer)
  if (document.hidden || !Number.isFinite(dueMs)) return
  timer = setTimeout(run, Math.max(0, dueMs - Date.now()))
})
// What somebody has typed must not be lost, even if they are at another place just now.
addEventListener('input', ({ target }) => {
  if (target instanceof Element) target.closest('[data-part]')?.setAttribute('data-edited', '')
})
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redrawAll)
let width = window.innerWidth
addEventListener('resize', () => {
  if (width === window.innerWidth) return
  width = window.innerWidth
  resizeAll()
})
