import { FamilyCollector } from './family-collector.ts'
import type { GroupLabels, PushedFamily, PushLimits } from './model.ts'
import { Refused } from './model.ts'
import { LateMistake } from './open-family.ts'
import { parseOpenMetrics } from './openmetrics.ts'
import { isProtobuf, parseProtobuf } from './protobuf.ts'
import { SyntaxMistake } from './sample-scanner.ts'
import { parseText } from './text-format.ts'

/**
 * Reads a push: OpenMetrics or Protobuf where its content type says so, else the text format.
 * @param group laid over the labels of every sample
 * @throws Refused, with the number of the line (of Protobuf the metric family), for a body that is not of the format
 */
export function parsePush(
  body: Uint8Array,
  contentType: string,
  group: GroupLabels,
  limits: Pick<PushLimits, 'maxSeriesPerGroup'>,
): PushedFamily[] {
  const collector = new FamilyCollector(group, limits)
  const isBinary = isProtobuf(contentType)
  const placeOf = (line: number) => `${isBinary ? 'metric family' : 'line'} ${line}`
  let current = 0
  const onPlace = (each: number) => {
    current = each
  }
  try {
    if (isBinary) parseProtobuf(body, collector, onPlace)
    else if (/^application\/openmetrics-text *(;|$)/i.test(contentType)) {
      parseOpenMetrics(decode(body), collector, onPlace)
    } else parseText(decode(body), collector, onPlace)
    return collector.close().map(({ family, line }) => ({ family, place: placeOf(line) }))
  } catch (error) {
    if (!(error instanceof SyntaxMistake)) throw error
    const line = error instanceof LateMistake ? error.line : current
    throw new Refused('invalid_push', `${placeOf(line)}: ${error.message}`)
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
