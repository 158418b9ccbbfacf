import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    vars: Record<string, string>
  }
}

export default function startServers(project: TestProject): void {
  project.provide('vars', {})
}
