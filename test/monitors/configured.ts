import { loadConfig } from '../../src/config/load.ts'
import type { MonitorConfig, MonitorOf } from '../../src/config/monitors.ts'
import type { ConfigInput } from '../../src/config/schema.ts'

type Written<Type extends MonitorConfig['type']> = Partial<
  Extract<NonNullable<NonNullable<ConfigInput['monitors']>[number]>, { type?: Type | undefined }>
>

/** A monitor as the configuration gives it. */
function configured<Type extends MonitorConfig['type']>(written: object): MonitorOf<Type> {
  const [monitor] = loadConfig({ monitors: [{ name: 'Watched', ...written }] }, {}).config.monitors
  return monitor as MonitorOf<Type>
}

export const httpMonitor = (written: Written<'http'>) =>
  configured<'http'>({ url: 'https://watched.example/', ...written })
export const tcpMonitor = (written: Written<'tcp'>) => configured<'tcp'>({ type: 'tcp', ...written })
export const dnsMonitor = (written: Written<'dns'>) => configured<'dns'>({ type: 'dns', ...written })
