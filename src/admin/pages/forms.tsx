import type { Child } from 'hono/jsx'
import type { FieldMistake } from '../../lib/http-error.ts'

/** Where the forms of the pages are sent. */
export const ACTIONS = {
  acknowledge: '/admin/pages/alerts/acknowledge',
  silence: '/admin/pages/alerts/silence',
  unsilence: '/admin/pages/alerts/unsilence',
  postIncident: '/admin/pages/incidents/post',
  updateIncident: '/admin/pages/incidents/update',
  publishIncident: '/admin/pages/incidents/publish',
  amendIncident: '/admin/pages/incidents/amend',
  withdrawIncident: '/admin/pages/incidents/withdraw',
  announceMaintenance: '/admin/pages/monitors/announce',
  withdrawMaintenance: '/admin/pages/monitors/withdraw',
  refreshBusiness: '/admin/pages/business/refresh',
  deleteGroup: '/admin/pages/pushed/delete',
} as const

/** A form that was sent and could not be carried out. */
export interface SentForm {
  /** The `id` of the `Form`; undefined where it had none. */
  readonly form: string | undefined
  /** What was entered, by the name of the field. */
  readonly fields: ReadonlyMap<string, readonly string[]>
  /** Why, in a sentence. */
  readonly message: string
  readonly mistakes: readonly FieldMistake[]
}

/** What the forms of a page are made with. */
export interface FormContext {
  /** Of the session; who sent a bearer token has none and needs none. */
  readonly csrfToken: string | undefined
  /** The form that led here, where something is wrong with it. */
  readonly sent: SentForm | undefined
}

/**
 * A form. What was wrong with it is told beside the field, or at its head; and its fields keep what was entered.
 * @param fields makes the fields, of what was entered
 */
export const Form = ({
  id,
  action,
  context: { csrfToken, sent },
  hidden = {},
  fields,
}: {
  /** Unique within the page. */
  id: string
  action: string
  context: FormContext
  hidden?: Readonly<Record<string, string>>
  fields: (entered: Entered) => Child
}) => {
  const own = sent?.form === id ? sent : undefined
  return (
    <form method="post" action={action} class="fields" id={id}>
      <Csrf token={csrfToken} />
      {Object.entries({ form: id, ...hidden }).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {own?.mistakes.length === 0 && <p class="mistake">Not done: {own.message}</p>}
      {fields(new Entered(id, own))}
    </form>
  )
}

/** A form that is folded away until somebody wants it, or has to mend it. */
export const FoldedForm = ({ summary, ...form }: Parameters<typeof Form>[0] & { summary: Child }) => (
  <details open={form.context.sent?.form === form.id}>
    <summary>{summary}</summary>
    <Form {...form} />
  </details>
)

/** What was entered into a form, and what is wrong with it. Nothing was, in a form that was not sent. */
export class Entered {
  readonly formId: string
  readonly #sent: SentForm | undefined

  constructor(formId: string, sent: SentForm | undefined) {
    this.formId = formId
    this.#sent = sent
  }

  /** All values of a field; `before` where the form was not sent. */
  values(name: string, before: readonly string[] = []): readonly string[] {
    return this.#sent ? (this.#sent.fields.get(name) ?? []) : before
  }

  /** What is wrong with a field, or with one of its values. */
  mistake(name: string): string | undefined {
    return this.#sent?.mistakes.find(({ field }) => field === name || field.startsWith(`${name}.`))?.message
  }
}

interface FieldProps {
  readonly entered: Entered
  readonly name: string
  readonly label: string
}

/** What input elements of a field have in common. */
function inputOf({ entered, name }: FieldProps) {
  const wrong = entered.mistake(name) !== undefined
  return {
    name,
    ...(wrong && {
      'aria-invalid': 'true' as const,
      'aria-describedby': mistakeId(entered, name),
      autofocus: true,
    }),
  }
}

const mistakeId = ({ formId }: Entered, name: string): string => `${formId}-${name}-mistake`

const Mistake = ({ entered, name, label }: FieldProps) => {
  const mistake = entered.mistake(name)
  return mistake === undefined ? null : (
    <small class="mistake" id={mistakeId(entered, name)}>
      {label}: {mistake}
    </small>
  )
}

/** A line of text, or a time. */
export const TextField = ({
  before,
  wide,
  type = 'text',
  required,
  maxLength,
  autocomplete,
  ...field
}: FieldProps & {
  /** What stands in it at first. */
  before?: string
  wide?: boolean
  type?: 'text' | 'datetime-local'
  required?: boolean
  maxLength?: number
  autocomplete?: 'name' | 'off'
}) => (
  <label class={wide ? 'wide' : ''}>
    <span>{field.label}</span>
    <input
      {...inputOf(field)}
      type={type}
      value={field.entered.values(field.name, before === undefined ? [] : [before])[0] ?? ''}
      required={required}
      maxlength={maxLength}
      autocomplete={autocomplete ?? 'off'}
    />
    <Mistake {...field} />
  </label>
)

/** Text of some lines. */
export const TextArea = ({
  maxLength,
  before,
  ...field
}: FieldProps & { maxLength: number /** What stands in it at first. */; before?: string | undefined }) => (
  <label class="wide whole">
    <span>{field.label}</span>
    <textarea {...inputOf(field)} rows={3} required maxlength={maxLength}>
      {/* A newline at the beginning of a text area is not part of it. */}
      {`\n${field.entered.values(field.name, before === undefined ? [] : [before])[0] ?? ''}`}
    </textarea>
    <Mistake {...field} />
  </label>
)

/** A choice of one. */
export const Choice = ({
  options,
  before,
  ...field
}: FieldProps & {
  /** Values, with what they are called. */
  options: readonly (readonly [value: string, label: string])[]
  before?: string
}) => {
  const [chosen] = field.entered.values(field.name, before === undefined ? [] : [before])
  return (
    <label>
      <span>{field.label}</span>
      <select {...inputOf(field)}>
        {options.map(([value, label]) => (
          <option value={value} selected={value === chosen}>
            {label}
          </option>
        ))}
      </select>
      <Mistake {...field} />
    </label>
  )
}

/** A choice of any number. */
export const Choices = ({
  options,
  before,
  ...field
}: FieldProps & {
  options: readonly (readonly [value: string, label: string])[]
  before?: readonly string[]
}) => {
  if (options.length === 0) return null
  const chosen = new Set(field.entered.values(field.name, before))
  return (
    <fieldset class="wide whole">
      <legend>{field.label}</legend>
      <div class="choices">
        {options.map(([value, label]) => (
          <label>
            <input type="checkbox" name={field.name} value={value} checked={chosen.has(value)} />
            <span>{label}</span>
          </label>
        ))}
      </div>
      <Mistake {...field} />
    </fieldset>
  )
}

/** Who does it, as an address book of the browser knows them. */
export const WhoField = ({ entered }: { entered: Entered }) => (
  <TextField entered={entered} name="by" label="Your name (optional)" maxLength={100} autocomplete="name" />
)

/** The session's CSRF token; who sent a bearer token needs none. */
export const Csrf = ({ token }: { token: string | undefined }) =>
  token === undefined ? null : <input type="hidden" name="csrf" value={token} />
