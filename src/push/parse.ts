import { FamilyCollector } from './family-collector.ts'
import type { Family, GroupLabels, PushLimits } from './model.ts'
import { Refused } from './model.ts'
import { LateMistake } from './open-family.ts'
import { parseOpenMetrics } from './openmetrics.ts'
import { SyntaxMistake } from './sample-scanner.ts'
import { parseText } from './text-format.ts'

/**
 * Reads a push in the text format, or in OpenMetrics where its content type says so.
 * @param group laid over the labels of every sample
 * @throws Refused, with the number of the line, for a body that is not of the format
 */
export function parsePush(
  body: Uint8Array,
  contentType: string,
  group: GroupLabels,
  limits: Pick<PushLimits, 'maxSeriesPerGroup'>,
): Family[] {
  const text = decode(body)
  const collector = new FamilyCollector(group, limits)
  const parse = /^application\/openmetrics-text *(;|$)/i.test(contentType) ? parseOpenMetrics : parseText
  let line = 0
  try {
    parse(text, collector, (each) => {
      line = each
    })
    return collector.close()
  } catch (error) {
    if (!(error instanceof SyntaxMistake)) throw error
    throw new Refused(
      'invalid_push',
      `line ${error instanceof LateMistake ? error.line : line}: ${error.message}`,
    )
  }
}

/** The text of UTF-8. A byte order mark stays, and is no part of either format. */
function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    throw new Refused('invalid_push', `line ${firstInvalidLine(body)}: it is not UTF-8`)
  }
}

function firstInvalidLine(body: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let line = 1
  for (let start = 0; start < body.length; line++) {
    const lineFeed = body.indexOf(10, start)
    const end = lineFeed === -1 ? body.length : lineFeed + 1
    try {
      decoder.decode(body.subarray(start, end))
    } catch {
      break
    }
    start = end
  }
  return line
}
