/** A new random id: a UUID, version 4 (RFC 9562). */
export const newId = (): string => crypto.randomUUID()
