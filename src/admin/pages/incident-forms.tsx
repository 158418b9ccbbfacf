import type { MonitorConfig } from '../../config/monitors.ts'
import type { IncidentRecord } from '../../incidents/model.ts'
import { STAGES } from '../../incidents/model.ts'
import {
  ACTIONS,
  Choice,
  Choices,
  FoldedForm,
  Form,
  type FormContext,
  TextArea,
  TextField,
  WhoField,
} from './forms.tsx'

/** Monitors as a choice. */
export const monitorOptions = (monitors: readonly Pick<MonitorConfig, 'id' | 'name'>[]) =>
  monitors.map(({ id, name }) => [id, name] as const)

const STAGE_OPTIONS = STAGES.map((stage) => [stage, stage] as const)
const SEVERITY_OPTIONS = (['warning', 'critical', 'info'] as const).map((each) => [each, each] as const)

interface MonitorChoice {
  readonly monitors: readonly Pick<MonitorConfig, 'id' | 'name'>[]
}

/** Opens an incident. */
export const PostForm = ({ forms, monitors }: { forms: FormContext } & MonitorChoice) => (
  <FoldedForm
    id="post-incident"
    summary="Post an incident"
    action={ACTIONS.postIncident}
    context={forms}
    fields={(entered) => (
      <>
        <TextField
          entered={entered}
          name="title"
          label="Title, for the public"
          wide
          required
          maxLength={200}
        />
        <Choice entered={entered} name="stage" label="Stage" options={STAGE_OPTIONS} />
        <Choice entered={entered} name="severity" label="Severity" options={SEVERITY_OPTIONS} />
        <TextArea entered={entered} name="message" label="What the public should know" maxLength={5000} />
        <Choices
          entered={entered}
          name="monitors"
          label="Monitors that it is about"
          options={monitorOptions(monitors)}
        />
        <WhoField entered={entered} />
        <button type="submit">Post</button>
      </>
    )}
  />
)

/** Tells how it goes. What a monitor or a rule opened is resolved by itself. */
export const UpdateForm = ({
  forms,
  incident: { id, stage, source, resolvedAtMs },
}: {
  forms: FormContext
  incident: IncidentRecord
}) => {
  const stages = STAGE_OPTIONS.filter(([value]) =>
    resolvedAtMs === undefined ? source === 'person' || value !== 'resolved' : value === 'resolved',
  )
  return (
    <>
      <h3>{resolvedAtMs === undefined ? 'Post an update' : 'Add a note'}</h3>
      <Form
        id="update-incident"
        action={ACTIONS.updateIncident}
        context={forms}
        hidden={{ id }}
        fields={(entered) => (
          <>
            <Choice entered={entered} name="stage" label="Stage" options={stages} before={stage} />
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
        <TextField
          entered={entered}
          name="title"
          label="Title, for the public"
          before={title}
          wide
          required
          maxLength={200}
        />
        <Choices
          entered={entered}
          name="monitors"
          label="Monitors that it is about"
          options={monitorOptions(monitors)}
          before={attached}
        />
        <button type="submit">Change</button>
      </>
    )}
  />
)
