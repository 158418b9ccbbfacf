import type { JSONPathQuery } from 'json-p3'
import { JSONPathEnvironment } from 'json-p3'

const environment = new JSONPathEnvironment()
// They search with a backtracking engine, for a pattern that may even come from the document.
environment.functionRegister.delete('match')
environment.functionRegister.delete('search')

/** A JSONPath (RFC 9535, but for its functions `match` and `search`). @throws for what is none */
export const compileJsonPath = (path: string): JSONPathQuery => environment.compile(path)
