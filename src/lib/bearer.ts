import { equalInConstantTime, type Secret } from './secret.ts'

/** The token of an `Authorization: Bearer` header (RFC 6750); undefined where there is none. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

/** Whether a header carries one of the tokens. All are compared, so that the time taken tells nothing of them. */
export async function carriesToken(
  authorization: string | undefined,
  tokens: readonly Secret[],
): Promise<boolean> {
  const sent = bearerToken(authorization)
  if (sent === undefined) return false
  const matches = await Promise.all(tokens.map((token) => equalInConstantTime(sent, token.reveal())))
  return matches.includes(true)
}
