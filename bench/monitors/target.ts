import { createServer } from 'node:http'
import { listen } from '../../sandbox/listen.ts'

/** The application that all monitors of the bench watch. */
export interface Target {
  /** Of one of its pages. */
  url(index: number): string
  /** How often it was asked since the last call. */
  takeCount(): number
  close(): Promise<void>
}

/** Starts it in this process. It answers at once, and keeps connections open as servers do. */
export async function startTarget(): Promise<Target> {
  let count = 0
  const server = createServer((_, response) => {
    count += 1
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":"healthy"}')
  })
  const port = await listen(server)
  return {
    url: (index) => `http://127.0.0.1:${port}/page-${index}`,
    takeCount() {
      const counted = count
      count = 0
      return counted
    },
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
