import type { MonitorConfig } from '../../config/monitors.ts'
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
  readonly monitors: readonly Pick<MonitorConfig, 'id' | 'name'>[]
}

/** What the status page calls it. */
export const TitleField = ({ entered, before }: { entered: Entered; before?: string }) => (
  <TextField
    entered={entered}
    name="title"
    label="Title, for the public"
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
    options={monitors.map(({ id, name }) => [id, name])}
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
        <TextArea entered={entered} name="message" label="What the public should know" maxLength={5000} />
        <MonitorsField entered={entered} monitors={monitors} />
        <WhoField entered={entered} />
        <button type="submit">Post</button>
      </>
    )}
  />
)

/** Tells how it goes. What a monitor or a rule opened is resolved by itself; what is resolved takes only notes. */
export const UpdateForm = ({
  forms,
  incident: { id, stage, source, resolvedAtMs },
}: {
  forms: FormContext
  incident: IncidentRecord
}) => {
  const isOpen = resolvedAtMs === undefined
  const stages = STAGE_OPTIONS.filter(([value]) => source === 'person' || value !== 'resolved')
  return (
    <>
      <h3>{isOpen ? 'Post an update' : 'Add a note'}</h3>
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
            <TextArea entered={entered} name="message" label="What the public should know" maxLength={5000} />
            <WhoField entered={entered} />
            <button type="submit">Post</button>
          </>
        )}
      />
    </>
  )
}

/** Gives it another title, or attaches it to monitors. */
export const AmendForm = ({
  forms,
  incident: { id, title, monitors: attached },
  monitors,
}: { forms: FormContext; incident: IncidentRecord } & MonitorChoice) => (
  <FoldedForm
    id="amend-incident"
    summary="Change its title or its monitors"
    action={ACTIONS.amendIncident}
    context={forms}
    hidden={{ id }}
    fields={(entered) => (
      <>
        <TitleField entered={entered} before={title} />
        <MonitorsField entered={entered} monitors={monitors} before={attached} />
        <button type="submit">Change</button>
      </>
    )}
  />
)
