type Fields = Record<string, unknown>

const ACTIONS = ['trigger', 'acknowledge', 'resolve']
const SEVERITIES = ['critical', 'error', 'warning', 'info']
const MAX_DEDUP_KEY = 255
const MAX_SUMMARY = 1024

/**
 * What is wrong with an event for PagerDuty; nothing where it would be taken.
 * https://developer.pagerduty.com/docs/send-alert-event
 */
export function pagerdutyErrors(event: unknown): string[] {
  if (!isObject(event)) return ['Event object is invalid']
  const errors: string[] = []
  const { routing_key, event_action, dedup_key, payload, links = [], images = [] } = event

  if (isBlank(routing_key)) errors.push("'routing_key' is missing or blank")
  else if (String(routing_key).length !== 32) {
    errors.push("Length of 'routing_key' is incorrect (should be 32 characters)")
  }
  if (isBlank(event_action)) errors.push("'event_action' is missing or blank")
  else if (!ACTIONS.includes(event_action as string)) {
    errors.push(
      "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
    )
  }
  if (event_action !== 'trigger' && isBlank(dedup_key)) errors.push("'dedup_key' is missing or blank")
  if (dedup_key !== undefined && (typeof dedup_key !== 'string' || dedup_key.length > MAX_DEDUP_KEY)) {
    errors.push(`'dedup_key' is invalid (must be a string of at most ${MAX_DEDUP_KEY} characters)`)
  }
  if (event_action === 'trigger') errors.push(...payloadErrors(payload))
  if (!Array.isArray(links) || !links.every((link) => isObject(link) && !isBlank(link.href))) {
    errors.push("'links' is invalid (each must have an 'href')")
  }
  if (!Array.isArray(images) || !images.every((image) => isObject(image) && !isBlank(image.src))) {
    errors.push("'images' is invalid (each must have a 'src')")
  }
  return errors
}

/** The state of an incident at PagerDuty. */
export type IncidentState = 'triggered' | 'acknowledged' | 'resolved'

/**
 * The incidents that events make, by their dedup key. A trigger opens an incident or adds to its log; an
 * acknowledgement or a resolve of a key without an open incident is taken and does nothing.
 */
export function incidentStates(events: Iterable<Fields>): Record<string, IncidentState> {
  const states = new Map<string, IncidentState>()
  for (const { event_action: action, dedup_key } of events) {
    const key = String(dedup_key)
    const state = states.get(key) ?? 'resolved'
    if (action === 'trigger' && state === 'resolved') states.set(key, 'triggered')
    if (action === 'acknowledge' && state !== 'resolved') states.set(key, 'acknowledged')
    if (action === 'resolve' && state !== 'resolved') states.set(key, 'resolved')
  }
  return Object.fromEntries(states)
}

function payloadErrors(payload: unknown): string[] {
  if (!isObject(payload)) return ["'payload' is missing or blank"]
  const errors: string[] = []
  for (const field of ['summary', 'source', 'severity']) {
    if (isBlank(payload[field])) errors.push(`'payload.${field}' is missing or blank`)
  }
  const { summary, severity, timestamp } = payload
  if (typeof summary === 'string' && summary.length > MAX_SUMMARY) {
    errors.push(`'payload.summary' is too long (maximum is ${MAX_SUMMARY} characters)`)
  }
  if (!isBlank(severity) && !SEVERITIES.includes(severity as string)) {
    errors.push(
      "'payload.severity' is invalid (must be one of the following: 'critical', 'error', 'warning' or 'info')",
    )
  }
  if (timestamp !== undefined && Number.isNaN(Date.parse(String(timestamp)))) {
    errors.push("'payload.timestamp' is invalid (must be ISO 8601)")
  }
  return errors
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isBlank = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
