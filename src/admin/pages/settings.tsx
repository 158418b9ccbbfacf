import type { DisabledPart } from '../../config/fill.ts'
import type { Config } from '../../config/schema.ts'
import { settingsOf } from '../settings.ts'
import { Empty, Section, Table, TableScroll } from './elements.tsx'
import { type PageHandler, type PageKit, STEADY_SECONDS } from './page-kit.tsx'

/** What is switched off, and what would switch it on. */
const Disabled = ({ disabled }: { disabled: readonly DisabledPart[] }) => {
  if (disabled.length === 0) return <Empty>Nothing is switched off.</Empty>
  return (
    <Table label="What is switched off" columns={['Part', 'Set these to switch it on']}>
      {disabled.map(({ part, missing }) => (
        <tr>
          <th scope="row">{part}</th>
          <td>
            <code>{missing.join(', ')}</code>
          </td>
        </tr>
      ))}
    </Table>
  )
}

/** The configuration in force. */
const Settings = ({ config }: { config: Config }) => (
  <>
    <p class="dim">
      As in <code>edgewatch.config.ts</code>, with its defaults. <code>{'${NAME}'}</code> is a variable that
      is set: no text of a variable is shown here, nor any secret.
    </p>
    {Object.entries(config).map(([name, part]) => (
      <details class="settings" open={name === 'service'}>
        <summary>{name}</summary>
        <TableScroll label={`Settings of ${name}`}>
          <table>
            <tbody>
              {settingsOf(part, name, name).map(({ path, value }) => (
                <tr>
                  <th scope="row">{path}</th>
                  <td>
                    <code>{value}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableScroll>
      </details>
    ))}
  </>
)

/** The configuration in force, and what is switched off. */
export function settingsPage(kit: PageKit): PageHandler {
  const { disabled, described } = kit.sources
  return (c) =>
    kit.render(
      c,
      'settings',
      <>
        <Section id="disabled" title="Switched off, because not configured">
          <Disabled disabled={disabled} />
        </Section>
        <Section id="config" title="The configuration in force">
          <Settings config={described()} />
        </Section>
      </>,
      STEADY_SECONDS,
    )
}
