/** What `npm run dev` takes from the environment. */
export interface DevSettings {
  readonly port: number
  readonly inboxPort: number
  readonly tickSeconds: number
  /** Between two rounds of traffic; 0 for none. */
  readonly trafficSeconds: number
  /** Where the service's storage is kept from one run to the next. */
  readonly stateDir: string
}

const MAX_PORT = 65_535

/** Reads PORT (8787), INBOX_PORT (8788), TICK_SECONDS (60), TRAFFIC_SECONDS (5) and STATE_DIR. Throws an Error that says what is wrong. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): DevSettings {
  const number = (name: string, fallback: number, max: number, min = 1): number => {
    const text = env[name] || String(fallback)
    if (!/^\d+$/.test(text) || Number(text) < min || Number(text) > max) {
      throw new Error(`${name} is "${text}", expected a whole number from ${min} to ${max}.`)
    }
    return Number(text)
  }
  const port = number('PORT', 8787, MAX_PORT)
  const inboxPort = number('INBOX_PORT', 8788, MAX_PORT)
  if (port === inboxPort) throw new Error(`PORT and INBOX_PORT are both ${port}; they must differ.`)
  return {
    port,
    inboxPort,
    tickSeconds: number('TICK_SECONDS', 60, 86_400),
    trafficSeconds: number('TRAFFIC_SECONDS', 5, 86_400, 0),
    stateDir: env.STATE_DIR || '.wrangler/state',
  }
}

/** The command that starts a second sandbox, with its own ports and state. */
export function secondSandbox({ port, inboxPort }: DevSettings): string {
  const beside = (each: number) => (each + 10 <= MAX_PORT ? each + 10 : each - 10)
  const stateDir = `.wrangler/state-${beside(port)}`
  return `STATE_DIR=${stateDir} PORT=${beside(port)} INBOX_PORT=${beside(inboxPort)} npm run dev`
}

/** The error for a port that is in use. */
export const takenPortMessage = (port: number, settings: DevSettings): string =>
  `Port ${port} is in use. Stop the process that uses it, or start a second sandbox: ${secondSandbox(settings)}`
