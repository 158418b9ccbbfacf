import { startOwnServers } from '../own-servers.ts'

/** What the inbox shows of a message. */
export interface InboxMessage {
  readonly receiver: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Record<string, never>
  readonly rawBody?: string
  readonly status: number
}

/** An inbox of this test file's own: a real HTTP server that stands for the receivers. */
export async function startOwnInbox() {
  const servers = await startOwnServers()
  return {
    ...servers,
    async takeMessages(): Promise<InboxMessage[]> {
      const response = await fetch(`${servers.inboxUrl}/messages`)
      const answer = (await response.json()) as InboxMessage[] | { messages: InboxMessage[] }
      await fetch(`${servers.inboxUrl}/messages`, { method: 'DELETE' })
      return Array.isArray(answer) ? answer : answer.messages
    },
  }
}
