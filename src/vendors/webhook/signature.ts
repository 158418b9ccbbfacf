/** What is signed. */
export interface Signed {
  readonly id: string
  /** Seconds since the epoch. */
  readonly timestamp: string
  readonly body: string
}

const SECRET_PREFIX = 'whsec_'

/**
 * The `webhook-signature` of a message: `v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`. A secret that
 * starts with `whsec_` is base64 behind that, as the standard writes secrets; any other is taken as its UTF-8 bytes.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export async function signature(secret: string, { id, timestamp, body }: Signed): Promise<string> {
  const key = await crypto.subtle.importKey(
    'raw',
    keyBytes(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  )
  const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${id}.${timestamp}.${body}`))
  return `v1,${Buffer.from(mac).toString('base64')}`
}

function keyBytes(secret: string): Uint8Array {
  const decoded = secret.startsWith(SECRET_PREFIX)
    ? Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
    : undefined
  // What is no base64 leaves nothing, and an empty key can't sign.
  return decoded?.length ? decoded : new TextEncoder().encode(secret)
}
