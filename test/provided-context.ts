import 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** The variables that point at the servers that all test files share. Break only servers of your own. */
    vars: Record<string, string>
    /** Starts more servers: see `test/own-servers.ts`. */
    controlUrl: string
  }
}
