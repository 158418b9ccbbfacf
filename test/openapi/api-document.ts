import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

type Json = Record<string, unknown>

/** As much of an operation as the tests read. */
export interface WrittenOperation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly security?: readonly Json[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly description?: string
    readonly example?: unknown
    readonly schema: Json
  }[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly content?: Content }>>
}

type Content = Readonly<Record<string, { readonly schema: Json; readonly example?: unknown }>>

/** An OpenAPI document, with what is needed to compare with it. */
export class ApiDocument {
  readonly document: Json
  readonly #ajv: Ajv2020

  constructor(document: Json) {
    this.document = document
    this.#ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true, allowUnionTypes: true })
    addFormats.default(this.#ajv)
    for (const keyword of ['openapi', 'info', 'tags', 'paths', 'components', 'example'])
      this.#ajv.addKeyword(keyword)
    this.#ajv.addSchema(closed(document) as Json, 'api')
  }

  /** By method and path, such as `get /admin/incidents/{id}`. */
  get operations(): Map<string, WrittenOperation> {
    const paths = this.document.paths as Record<string, Record<string, WrittenOperation>>
    return new Map(
      Object.entries(paths).flatMap(([path, item]) =>
        Object.entries(item).map(([method, operation]) => [`${method} ${path}`, operation] as const),
      ),
    )
  }

  /** What is wrong with a value, going by a schema of the document; empty where nothing is. Answers may have no more fields. */
  mistakes(schema: Json, value: unknown): string {
    const absolute = JSON.parse(JSON.stringify(closed(schema)).replaceAll('"#/', '"api#/')) as Json
    this.#ajv.validate(absolute, value)
    return this.#ajv.errors ? this.#ajv.errorsText() : ''
  }

  /**
   * What is wrong with a real answer, going by its operation; empty where nothing is.
   * @param key such as `get /admin/incidents/{id}`
   */
  async mistakesOf(key: string, response: Response): Promise<string> {
    const operation = this.operations.get(key)
    const described = operation?.responses[response.status]
    if (!described) return `${key}: ${response.status} is not described`
    const { content } = described.$ref ? (this.#resolve(described.$ref) as typeof described) : described
    const mediaType = response.headers.get('Content-Type')?.split(';')[0] ?? ''
    const body = await response.text()
    if (!content) return body === '' ? '' : `${key}: has a body`
    const form = content[mediaType]
    if (!form) return `${key}: ${mediaType} is not described`
    const value: unknown = mediaType.endsWith('json') ? JSON.parse(body) : body
    const mistakes = this.mistakes(form.schema, value)
    return mistakes && `${key}: ${mistakes} in ${body.slice(0, 500)}`
  }

  #resolve(ref: string): unknown {
    return ref
      .split('/')
      .slice(1)
      .reduce<unknown>((value, name) => (value as Json)[name], this.document)
  }
}

/** The same with every object closed that lists its fields: what is not described is found. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const inner = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]))
  const isObjectSchema = inner.type === 'object' && 'properties' in inner
  return isObjectSchema && !('additionalProperties' in inner)
    ? { ...inner, additionalProperties: false }
    : inner
}
