import type { RouterRoute } from 'hono/types'
import * as z from 'zod'
import type { Validation } from '../validation.ts'
import { validationOf } from '../validation.ts'
import type { Access, Answer, Content, Operation, OperationGroup, Parameter } from './operation.ts'
import { errorBody } from './operation.ts'

/** What a document is made from. */
export interface DocumentSources {
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly groups: readonly OperationGroup[]
  /** What is mounted: routes without a description are left out, and so are descriptions without a route. */
  readonly routes: readonly RouterRoute[]
}

type Json = Record<string, unknown>

/**
 * The description of the HTTP API.
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export async function openApiDocument({ info, groups, routes }: DocumentSources): Promise<Json> {
  const schemas = new Schemas()
  const paths: Record<string, Json> = {}
  const mounted = Map.groupBy(routes, ({ method, path }) => `${method} ${path}`)
  for (const { tag, operations } of groups) {
    for (const [key, described] of Object.entries(operations)) {
      const handlers = mounted.get(key)
      if (!handlers) continue
      const [method = '', path = ''] = key.split(' ')
      const validations = await Promise.all(
        handlers
          .flatMap(({ handler }) => validationOf(handler) ?? [])
          .map(async ({ target, schema }) => ({ target, schema: await schema() })),
      )
      for (const operation of [described].flat()) {
        const at = operation.at ?? openApiPath(path)
        paths[at] ??= {}
        paths[at][method.toLowerCase()] = new OperationWriter(schemas, operation, method, validations).write(
          tag,
        )
      }
    }
  }
  const error = schemas.add(errorBody, 'output')
  return {
    openapi: '3.1.1',
    info,
    tags: groups.map(({ tag, description }) => ({ name: tag, description })),
    paths,
    components: {
      schemas: schemas.named,
      responses: Object.fromEntries(
        Object.values(ERRORS).map(({ name, description, retryAfter }) => [
          name,
          errorAnswer(description, error, retryAfter),
        ]),
      ),
      securitySchemes: SECURITY_SCHEMES,
    },
  }
}

/** `/incidents/:id` as OpenAPI writes it: `/incidents/{id}`. */
const openApiPath = (path: string): string => path.replace(/:(\w+)(\{[^/]*\})?/g, '{$1}')

/** Errors that mean the same on every route. */
const ERRORS: Readonly<Record<number, { name: string; description: string; retryAfter?: boolean }>> = {
  400: { name: 'InvalidRequest', description: 'The request is not as described; `details` names the fields' },
  401: { name: 'Unauthorized', description: 'No valid token' },
  403: { name: 'Forbidden', description: "The session's CSRF token is missing" },
  413: { name: 'TooLarge', description: 'The body is too large' },
  415: { name: 'UnsupportedMediaType', description: 'The body has another media type' },
  429: { name: 'TooManyRequests', description: 'Too many wrong tokens from this address', retryAfter: true },
  503: {
    name: 'Unavailable',
    description: 'Switched off, because no token is configured; or not to be had at the moment',
    retryAfter: true,
  },
  0: { name: 'Other', description: 'Any other error' },
}

const SECURITY_SCHEMES = {
  adminToken: { type: 'http', scheme: 'bearer', description: '`ADMIN_TOKEN`' },
  adminSession: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-edgewatch_session',
    description:
      'What signing in at `/admin/login` begins. What changes something must carry its CSRF token, as `X-CSRF-Token`.',
  },
  metricsToken: {
    type: 'http',
    scheme: 'bearer',
    description: '`METRICS_TOKEN`, or `ADMIN_TOKEN` where that is not set',
  },
  metricsPassword: {
    type: 'http',
    scheme: 'basic',
    description: 'The same token as the password, with any user name',
  },
  heartbeatToken: { type: 'http', scheme: 'bearer', description: '`HEARTBEAT_TOKEN`' },
  ingestToken: { type: 'http', scheme: 'bearer', description: '`INGEST_TOKEN`' },
  ingestPassword: {
    type: 'http',
    scheme: 'basic',
    description: '`INGEST_TOKEN` as the password, under any name',
  },
} as const

type Security = readonly Partial<Record<keyof typeof SECURITY_SCHEMES, readonly []>>[]

const ACCESS: Readonly<Record<Access, { security?: Security; errors: readonly number[] }>> = {
  public: { errors: [] },
  health: { security: [{}, { adminToken: [] }, { adminSession: [] }], errors: [] },
  metrics: { security: [{ metricsToken: [] }, { metricsPassword: [] }], errors: [401, 429, 503] },
  heartbeat: { security: [{ heartbeatToken: [] }], errors: [401, 429, 503] },
  ingest: { security: [{ ingestToken: [] }, { ingestPassword: [] }], errors: [401, 429, 503] },
  admin: { security: [{ adminToken: [] }, { adminSession: [] }], errors: [401, 429, 503] },
}

/** A part of a request that a route validates. */
interface Validated extends Pick<Validation, 'target'> {
  readonly schema: z.ZodType
}

/** Writes one operation. */
class OperationWriter {
  readonly #schemas: Schemas
  readonly #operation: Operation
  readonly #method: string
  readonly #validated: Partial<Record<Validation['target'], Json>>

  constructor(schemas: Schemas, operation: Operation, method: string, validations: readonly Validated[]) {
    this.#schemas = schemas
    this.#operation = operation
    this.#method = method
    this.#validated = Object.fromEntries(
      validations.map(({ target, schema }) => [target, schemas.add(schema, 'input')]),
    )
  }

  write(tag: string): Json {
    const { operationId, summary, description, access = 'public' } = this.#operation
    const parameters = [...this.#pathParameters(), ...this.#queryParameters()]
    const body = this.#body()
    const { security } = ACCESS[access]
    return {
      operationId,
      summary,
      ...(description && { description }),
      tags: [tag],
      ...(security && { security }),
      ...(parameters.length > 0 && { parameters }),
      ...(body && { requestBody: { required: true, content: body } }),
      responses: this.#answers(),
    }
  }

  #pathParameters(): Json[] {
    return Object.entries(this.#operation.path ?? {}).map(([name, parameter]) =>
      this.#parameter(name, 'path', parameter, { type: 'string' }, true),
    )
  }

  #queryParameters(): Json[] {
    const { properties = {}, required = [] } = (this.#validated.query ?? {}) as {
      properties?: Record<string, Json>
      required?: string[]
    }
    const described = this.#operation.query ?? {}
    return [...new Set([...Object.keys(properties), ...Object.keys(described)])].map((name) =>
      this.#parameter(name, 'query', described[name], properties[name], required.includes(name)),
    )
  }

  #parameter(
    name: string,
    where: 'path' | 'query',
    described: Parameter | undefined,
    validated: Json | undefined,
    required: boolean,
  ): Json {
    const schema = described?.schema ? this.#schemas.add(described.schema, 'input') : validated
    return {
      name,
      in: where,
      ...(required && { required }),
      ...(described && { description: described.description, example: described.example }),
      schema: schema ?? { type: 'string' },
    }
  }

  #body(): Json | undefined {
    const { body, json, form } = this.#operation
    if (body) return this.#content(body, 'input')
    if (this.#validated.json) return { 'application/json': this.#validatedBody(this.#validated.json, json) }
    if (!this.#validated.form) return undefined
    return { 'application/x-www-form-urlencoded': this.#validatedBody(this.#validated.form, form) }
  }

  #validatedBody(validated: Json, described: Operation['json']): Json {
    const schema = described?.schema ? this.#schemas.add(described.schema, 'input') : validated
    const properties = schema.properties as Record<string, Json> | undefined
    for (const [field, description] of Object.entries(described?.fields ?? {})) {
      if (properties?.[field]) properties[field] = { ...properties[field], description }
    }
    return { schema, ...(described && { example: described.example }) }
  }

  #answers(): Json {
    const { answers, errors = {}, access = 'public' } = this.#operation
    const written: Record<string, Json> = {}
    for (const status of this.#commonErrors(access)) {
      written[status] = { $ref: `#/components/responses/${ERRORS[status]?.name}` }
    }
    const error = this.#schemas.add(errorBody, 'output')
    for (const [status, description] of Object.entries(errors)) {
      written[status] = errorAnswer(description, error, ERRORS[Number(status)]?.retryAfter)
    }
    if (access === 'admin' && this.#method === 'GET' && !answers[303]) {
      written[303] = this.#answer({
        description: 'A browser without a session is sent to where people sign in',
        headers: { Location: '`/admin/login`' },
      })
    }
    for (const [status, answer] of Object.entries(answers)) written[status] = this.#answer(answer)
    written.default = { $ref: `#/components/responses/${ERRORS[0]?.name}` }
    return written
  }

  #commonErrors(access: Access): number[] {
    const { query, json, form } = this.#validated
    return [
      ...(query || json || form ? [400] : []),
      ...ACCESS[access].errors,
      ...(access === 'admin' && this.#method !== 'GET' ? [403] : []),
      ...(json || form || this.#operation.body ? [413] : []),
      ...(json ? [415] : []),
    ]
  }

  #answer({ description, content, headers }: Answer): Json {
    return {
      description,
      ...(headers && { headers: headersOf(headers) }),
      ...(content && { content: this.#content(content, 'output') }),
    }
  }

  #content(content: Content, io: 'input' | 'output'): Json {
    return Object.fromEntries(
      Object.entries(content).map(([mediaType, { schema, example }]) => [
        mediaType,
        { schema: this.#schemas.add(schema, io), ...(example !== undefined && { example }) },
      ]),
    )
  }
}

const headersOf = (headers: Readonly<Record<string, string>>): Json =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  )

const errorAnswer = (description: string, schema: Json, retryAfter = false): Json => ({
  description,
  ...(retryAfter && { headers: headersOf({ 'Retry-After': 'Seconds; where it is known' }) }),
  content: { 'application/json': { schema } },
})

/** JSON Schemas of Zod's, with those that have an `id` collected for all to refer to. */
class Schemas {
  /** What goes under `components.schemas`. */
  readonly named: Record<string, unknown> = {}

  /** @param io whether it is of what is sent to us, or of what we answer */
  add(schema: z.ZodType, io: 'input' | 'output'): Json {
    const {
      $schema: _,
      $defs,
      ...own
    } = z.toJSONSchema(schema, {
      io,
      override: ({ jsonSchema }) => tidy(jsonSchema, io),
    })
    Object.assign(this.named, atHome($defs))
    return atHome(own) as Json
  }
}

/** References by Zod point beside the schema; in the document, into its components. */
const atHome = (schema: unknown): object =>
  JSON.parse(JSON.stringify(schema ?? {}).replaceAll('"#/$defs/', '"#/components/schemas/')) as object

/** Leaves out what says nothing to a reader, and what would keep answers from getting another field one day. */
function tidy(schema: z.core.JSONSchema.BaseSchema, io: 'input' | 'output'): void {
  if (schema.format === 'date-time' || schema.format === 'date') delete schema.pattern
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
  delete schema.readOnly
  if (io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties
}
