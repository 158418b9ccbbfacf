const MAX_MESSAGE_LENGTH = 200

/**
 * What is the same for errors that are the same: type, message without numbers and ids, and the frame that threw it;
 * where there is none, the place that reports it. Never throws.
 */
export function errorKey(error: unknown, place: string): string {
  try {
    if (!(error instanceof Error)) return `${typeof error} ${general(String(error))} ${place}`
    const frame = /^\s+at .*$/m.exec(String(error.stack ?? ''))?.[0].trim()
    return `${error.name} ${general(String(error.message))} ${frame ?? place}`
  } catch {
    return `unreadable ${place}`
  }
}

/** A message without what differs from one time to the next: quoted parts, ids and numbers. */
function general(message: string): string {
  return message
    .slice(0, MAX_MESSAGE_LENGTH)
    .replaceAll(/"[^"]*"|'[^']*'/g, '…')
    .replaceAll(/\b(?=\w*\d)[\w-]{8,}\b/g, '…')
    .replaceAll(/\d+/g, '…')
}
