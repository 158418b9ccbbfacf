import type { MonitorConfig } from '../../config/monitors.ts'
import { publicMonitors } from '../../config/public-monitors.ts'
import type { IncidentRecord } from '../../incidents/model.ts'
import { STAGES } from '../../incidents/model.ts'
import {
  ACTIONS,
  Choice,
  Choices,
  type Entered,
  FoldedForm,
  Form,
  type FormContext,
  TextArea,
  TextField,
  WhoField,
} from './forms.tsx'

interface MonitorChoice {
  readonly monitors: readonly Pick<MonitorConfig, 'id' | 'name' | 'public'>[]
}

/** What the status page calls it; an internal incident's title is only for who signs in here. */
export const TitleField = ({
  entered,
  before,
  label = 'Title, for the public',
}: {
  entered: Entered
  before?: string
  label?: string
}) => (
  <TextField
    entered={entered}
    name="title"
    label={label}
    {...(before !== undefined && { before })}
    wide
    required
    maxLength={200}
  />
)

/** A choice of monitors. */
export const MonitorsField = ({
  entered,
  label = 'Monitors that it is about',
  monitors,
  before,
}: { entered: Entered; label?: string; before?: readonly string[] } & MonitorChoice) => (
  <Choices
    entered={entered}
    name="monitors"
    label={label}
    options={monitors.map(({ id, name, public: shown }) => [
      id,
      shown === false ? `${name} (private)` : name,
    ])}
    {...(before && { before })}
  />
)

const STAGE_OPTIONS = STAGES.map((stage) => [stage, stage] as const)
const SEVERITY_OPTIONS = (['warning', 'critical', 'info'] as const).map((each) => [each, each] as const)

/** Opens an incident. */
export const PostForm = ({ forms, monitors }: { forms: FormContext } & MonitorChoice) => (
  <FoldedForm
    id="post-incident"
    summary="Post an incident"
    action={ACTIONS.postIncident}
    context={forms}
    fields={(entered) => (
      <>
        <TitleField entered={entered} />
        <Choice entered={entered} name="stage" label="Stage" options={STAGE_OPTIONS} />
        <Choice entered={entered} name="severity" label="Severity" options={SEVERITY_OPTIONS} />
        <TextArea entered={entered} name="message" label="Public update" maxLength={5000} />
        <small class="whole">
          Public: the title and the update appear on the <a href="/status">status page</a> and in its feeds
          {monitors.some((each) => each.public === false) && ', unless you choose only private monitors'}.
        </small>
        <MonitorsField entered={entered} monitors={monitors} />
        <WhoField entered={entered} />
        <button type="submit">Post</button>
      </>
    )}
  />
)

/** Adds an update. What a monitor or a rule opened is resolved by itself; what is resolved takes only notes. */
export const UpdateForm = ({
  forms,
  incident: { id, stage, source, resolvedAtMs },
  isPublic,
}: {
  forms: FormContext
  incident: IncidentRecord
  isPublic: boolean
}) => {
  const isOpen = resolvedAtMs === undefined
  const what = isOpen ? 'update' : 'note'
  const stages = STAGE_OPTIONS.filter(([value]) => source === 'person' || value !== 'resolved')
  return (
    <>
      <h3>{isPublic ? `Post a public ${what}` : `Post an internal ${what}`}</h3>
      <Form
        id="update-incident"
        action={ACTIONS.updateIncident}
        context={forms}
        hidden={{ id, ...(!isOpen && { stage: 'resolved' }) }}
        fields={(entered) => (
          <>
            {isOpen && (
              <Choice entered={entered} name="stage" label="Stage" options={stages} before={stage} />
            )}
            <TextArea
              entered={entered}
              name="message"
              label={isPublic ? `Public ${what}` : `Internal ${what}`}
              maxLength={5000}
            />
            <small class="whole">
              {isPublic ? (
                <>
                  Public: it appears on the <a href="/status">status page</a> and in its feeds.
                </>
              ) : (
                'Internal: only people who sign in here see it. The status page never shows this incident.'
              )}
            </small>
            <WhoField entered={entered} />
            <button type="submit">{isPublic ? 'Post publicly' : 'Post internally'}</button>
          </>
        )}
      />
    </>
  )
}

/** Posts a public incident about an internal one; its first update is, unless changed, the latest internal one. */
export const PublishForm = ({
  forms,
  incident: { id, title, stage, severity, monitors: attached, timeline },
  monitors,
}: { forms: FormContext; incident: IncidentRecord } & MonitorChoice) => {
  const shown = publicMonitors(monitors)
  return (
    <FoldedForm
      id="publish-incident"
      summary="Publish on the status page"
      action={ACTIONS.publishIncident}
      context={forms}
      hidden={{ id, severity }}
      fields={(entered) => (
        <>
          <small class="whole">
            Posts a public incident with this title and update, linked to this one. Both are prefilled from
            the internal incident: check them. Nothing else of it becomes public. You update, resolve or
            withdraw the public incident on its own.
          </small>
          <TitleField entered={entered} before={title} />
          <Choice entered={entered} name="stage" label="Stage" options={STAGE_OPTIONS} before={stage} />
          <TextArea
            entered={entered}
            name="message"
            label="Public update"
            before={timeline.findLast(({ kind }) => kind === 'update')?.text}
            maxLength={5000}
          />
          <MonitorsField entered={entered} monitors={shown} before={attached} />
          <WhoField entered={entered} />
          <button type="submit">Publish</button>
        </>
      )}
    />
  )
}

/** Withdraws a posted incident. */
export const WithdrawForm = ({
  forms,
  incident: { id },
}: {
  forms: FormContext
  incident: IncidentRecord
}) => (
  <FoldedForm
    id="withdraw-incident"
    summary="Withdraw"
    action={ACTIONS.withdrawIncident}
    context={forms}
    hidden={{ id }}
    fields={() => (
      <>
        <small class="whole">
          Removes the incident and its updates from this page, the status page and its feeds. To end it
          instead, post an update with the stage resolved.
        </small>
        <button type="submit">Withdraw the incident</button>
      </>
    )}
  />
)

/** Gives it another title, or attaches it to monitors. */
export const AmendForm = ({
  forms,
  incident,
  isPublic,
  monitors,
}: { forms: FormContext; incident: IncidentRecord; isPublic: boolean } & MonitorChoice) => (
  <FoldedForm
    id="amend-incident"
    summary="Change its title or its monitors"
    action={ACTIONS.amendIncident}
    context={forms}
    hidden={{ id: incident.id }}
    fields={(entered) => (
      <>
        <TitleField entered={entered} before={incident.title} {...(!isPublic && { label: 'Title' })} />
        <MonitorsField entered={entered} monitors={monitors} before={incident.monitors} />
        <button type="submit">Change</button>
      </>
    )}
  />
)
