/** Thrown for bytes that are no message. */
export class ProtobufMistake extends Error {
  override readonly name = 'ProtobufMistake'
}

/** A field's value: of a varint and fixed64 eight bytes' worth, of what has a length its bytes. */
export interface Field {
  readonly number: number
  /** A varint as a number, to 53 bits. */
  readonly varint: number
  /** A fixed64 as a double. */
  readonly double: number
  readonly bytes: Uint8Array
}

const EMPTY = new Uint8Array()

/**
 * The fields of a message, in their order.
 * @throws ProtobufMistake
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function* readFields(bytes: Uint8Array): Generator<Field> {
  const cursor = { at: 0 }
  while (cursor.at < bytes.length) {
    const tag = readVarint(bytes, cursor)
    const number = Math.floor(tag / 8)
    const field = { number, varint: 0, double: 0, bytes: EMPTY }
    switch (tag % 8) {
      case 0:
        yield { ...field, varint: readVarint(bytes, cursor) }
        break
      case 1: {
        const eight = take(bytes, cursor, 8)
        yield { ...field, double: new DataView(eight.buffer, eight.byteOffset, 8).getFloat64(0, true) }
        break
      }
      case 2:
        yield { ...field, bytes: take(bytes, cursor, readVarint(bytes, cursor)) }
        break
      case 5:
        take(bytes, cursor, 4)
        break
      default:
        throw new ProtobufMistake('a field of a type that there is not')
    }
  }
}

/** Messages that stand one after the other, each after its length. @throws ProtobufMistake */
export function* readDelimited(bytes: Uint8Array): Generator<Uint8Array> {
  const cursor = { at: 0 }
  while (cursor.at < bytes.length) yield take(bytes, cursor, readVarint(bytes, cursor))
}

/** @throws ProtobufMistake for what is not UTF-8 */
export function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new ProtobufMistake('a text that is not UTF-8')
  }
}

function take(bytes: Uint8Array, cursor: { at: number }, length: number): Uint8Array {
  if (cursor.at + length > bytes.length) throw new ProtobufMistake('it ends too early')
  cursor.at += length
  return bytes.subarray(cursor.at - length, cursor.at)
}

function readVarint(bytes: Uint8Array, cursor: { at: number }): number {
  let value = 0
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = bytes[cursor.at++]
    if (byte === undefined) throw new ProtobufMistake('it ends too early')
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return value
  }
  throw new ProtobufMistake('a number of more than 64 bits')
}
