import { env } from 'cloudflare:workers'
import openApiSchema from '@seriousme/openapi-schema-validator/schemas/v3.1/schema.json'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { beforeAll, describe, expect, it } from 'vitest'
import { API } from '../../src/api-description.ts'
import { validationOf } from '../../src/lib/validation.ts'
import { deploy } from '../app/deployed.ts'
import { ApiDocument } from './api-document.ts'

const service = deploy({ ...env })
const mounted = new Set(
  service.app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`),
)
const described = API.flatMap(({ operations }) =>
  Object.entries(operations).flatMap(([key, each]) => [each].flat().map((operation) => ({ key, operation }))),
)
let api: ApiDocument

beforeAll(async () => {
  const response = await service.request('/openapi.json')
  expect(response.status).toBe(200)
  expect(response.headers.get('Content-Type')).toBe('application/json')
  expect(response.headers.get('Cache-Control')).toBe('public, max-age=300')
  api = new ApiDocument(await response.json())
})

describe('/openapi.json', () => {
  it('is a document of OpenAPI 3.1', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true })
    addFormats.default(ajv)
    ajv.addFormat('media-range', true)
    ajv.validate(openApiSchema, api.document)
    expect(ajv.errors ?? []).toEqual([])
  })

  it('describes every route that is mounted: write an `Operation` into the description.ts beside yours', () => {
    expect([...mounted].filter((route) => !described.some(({ key }) => key === route))).toEqual([])
  })

  it('describes no route that is not there', () => {
    expect(described.map(({ key }) => key).filter((key) => !mounted.has(key))).toEqual([])
    expect(api.operations.size).toBe(described.length)
  })

  it('names each operation once, under a tag', () => {
    const operations = [...api.operations.values()]
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    const tags = (api.document.tags as { name: string }[]).map(({ name }) => name)
    expect(new Set(operations.flatMap((each) => each.tags))).toEqual(new Set(tags))
  })

  it('tells what stands in each path and query', () => {
    for (const [key, { parameters = [] }] of api.operations) {
      const inPath = parameters.filter((each) => each.in === 'path').map(({ name }) => name)
      expect(inPath, key).toEqual([...key.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
      for (const { name, description } of parameters) expect(description, `${key}: ${name}`).toBeTruthy()
    }
  })

  it('has examples that are what they are examples of', () => {
    for (const [key, { parameters = [], requestBody, responses }] of api.operations) {
      for (const { name, schema, example } of parameters) {
        expect(api.mistakes(schema, example), `${key}: ${name}`).toBe('')
      }
      const contents = [requestBody, ...Object.values(responses)].map((each) => each?.content ?? {})
      for (const [mediaType, { schema, example }] of contents.flatMap(Object.entries)) {
        if (mediaType.endsWith('json') && !('$ref' in schema && schema.$ref === '#/components/schemas/Error'))
          expect(example, key).toBeDefined()
        if (example !== undefined) expect(api.mistakes(schema, example), key).toBe('')
      }
    }
  })

  it('has examples of requests that are taken', async () => {
    for (const { key, operation } of described) {
      const handlers = service.app.routes.filter(({ method, path }) => `${method} ${path}` === key)
      for (const { target, schema } of handlers.flatMap(({ handler }) => validationOf(handler) ?? [])) {
        const body = target === 'json' ? operation.json : operation.form
        const query = Object.fromEntries(
          Object.entries(operation.query ?? {}).flatMap(([name, { example }]) =>
            typeof example === 'object' && example ? Object.entries(example) : [[name, example]],
          ),
        )
        const example = target === 'query' ? query : body?.example
        const fields = Object.keys(body?.fields ?? {})
        expect((await schema()).safeParse(example).error?.issues ?? [], `${key}: ${target}`).toEqual([])
        expect(JSON.stringify(api.operations.get(asWritten(key))?.requestBody ?? '')).toSatisfy(
          (written: string) => fields.every((field) => written.includes(`"${field}":`)),
        )
      }
    }
  })

  it('tells who may call', async () => {
    const guarded = deploy({ ...env })
    for (const [key, { security = [{}] }] of api.operations) {
      const [method = '', path = ''] = key.split(' ')
      const response = await guarded.request(path.replace(/\{(\w+)\}/g, 'x'), {
        method: method.toUpperCase(),
      })
      const isOpen = security.some((way) => Object.keys(way).length === 0)
      expect(response.status === 401, `${key}: ${response.status}`).toBe(!isOpen)
    }
  })

  it('holds nothing of the configuration but the name and the version', () => {
    const text = JSON.stringify(api.document)
    for (const [name, value] of Object.entries(env)) {
      if (typeof value === 'string' && value.length > 3) expect(text, name).not.toContain(value)
    }
  })
})

const asWritten = (key: string): string =>
  key.replace(/^\w+/, (method) => method.toLowerCase()).replace(/:(\w+)/g, '{$1}')
