import { existsSync, readFileSync, statSync } from 'node:fs'
import { SourceMap } from 'node:module'
import path from 'node:path'

/** A module as it was built, with its source map. */
interface BuiltModule {
  readonly code: string
  readonly map: SourceMap
}

/** The built module with a name such as `index.js` or `chunks/driver-X.js`; undefined where there is none. */
export type FindModule = (name: string) => BuiltModule | undefined

/** A place in a stack trace; line and column count from 1. */
interface Frame {
  /** A module's name, as on Cloudflare, or the path or URL of its file in `dist/`, as in `wrangler dev`. */
  readonly file: string
  readonly line: number
  readonly column: number
  /** Undefined for code outside of a named function. */
  readonly functionName?: string
}

/** `at name (file:1:2)` or `at file:1:2`. In a line of JSON the next frame follows after `\n`. */
const FRAME = /\bat ((?:async |new )*)(?:([\w$.#<>[\] ]+) \()?([^\s()"'\\]+\.js):(\d+):(\d+)/g

const MODULE = /^(?:file:\/\/)?(?:\.\/|\/(?:.*\/dist\/)?)?((?:chunks\/)?[\w.-]+\.js)$/

/** Text with its stack frames as they are in the sources: file, line, column and function. Anything else stays. */
export function mapStackFrames(text: string, findModule: FindModule): string {
  return text.replace(FRAME, (written, prefix, functionName, file, line, column) => {
    const frame = sourceFrame({ file, line: Number(line), column: Number(column), functionName }, findModule)
    if (!frame) return written
    const place = `${frame.file}:${frame.line}:${frame.column}`
    return `at ${prefix}${frame.functionName === undefined ? '' : `${frame.functionName} (`}${place}`
  })
}

/** The frame as it is in the sources; undefined where no source map knows it. */
export function sourceFrame(
  { file, line, column, functionName }: Frame,
  findModule: FindModule,
): Frame | undefined {
  const name = MODULE.exec(file)?.[1]
  const module = name === undefined ? undefined : findModule(name)
  const position = module?.map.findOrigin(line, column)
  if (name === undefined || !module || !position || !('fileName' in position)) return undefined
  return {
    file: path.posix.join('dist', path.posix.dirname(name), position.fileName),
    line: position.lineNumber,
    column: position.columnNumber,
    ...(functionName !== undefined && {
      functionName: sourceName(functionName, module, offsetOf(module.code, line, column)),
    }),
  }
}

/** A function's name in the sources, such as `Store.flush`. */
const sourceName = (name: string, module: BuiltModule, offset: number): string =>
  name.replace(/[\w$]+/g, (identifier) => sourceIdentifier(identifier, module, offset) ?? identifier)

/** What a minified identifier is in the sources, by its last declaration before `offset`; undefined where it is the same. */
function sourceIdentifier(
  identifier: string,
  { code, map }: BuiltModule,
  offset: number,
): string | undefined {
  const escaped = identifier.replaceAll('$', '\\$')
  const declaration = new RegExp(
    `\\b(?:function(?:\\*| |\\* )|class )(${escaped})(?![\\w$])|` +
      `(?<![\\w$.])(${escaped})=(?=async\\b|function\\b|class\\b|\\(|[\\w$]+=>)`,
    'dg',
  )
  let start: number | undefined
  for (const { indices } of code.slice(0, offset).matchAll(declaration)) {
    start = (indices?.[1] ?? indices?.[2])?.[0]
  }
  if (start === undefined) return undefined
  const before = code.slice(0, start)
  const entry = map.findEntry(before.split('\n').length - 1, start - (before.lastIndexOf('\n') + 1))
  return 'name' in entry && typeof entry.name === 'string' ? entry.name : undefined
}

function offsetOf(code: string, line: number, column: number): number {
  let lineStart = 0
  for (let number = 1; number < line; number++) lineStart = code.indexOf('\n', lineStart) + 1
  return lineStart + column - 1
}

/** Finds the modules in a folder, and reads those that a build has changed anew. */
export function modulesIn(folder: string): FindModule {
  const known = new Map<string, BuiltModule & { readonly builtAtMs: number }>()
  return (name) => {
    const file = path.join(folder, name)
    const mapFile = `${file}.map`
    if (!existsSync(mapFile)) return undefined
    const builtAtMs = statSync(mapFile).mtimeMs
    const former = known.get(name)
    if (former?.builtAtMs === builtAtMs) return former
    const map = new SourceMap(JSON.parse(readFileSync(mapFile, 'utf8')))
    const module = { code: readFileSync(file, 'utf8'), map, builtAtMs }
    known.set(name, module)
    return module
  }
}
