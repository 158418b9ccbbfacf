/**
 * MongoDB's wire protocol: messages in and out of bytes.
 * https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
import { type Document, deserialize, serialize } from 'bson'

const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013
const HEADER_BYTES = 16
/** The largest message that MongoDB accepts; it says so in its answer to `hello`. */
export const MAX_MESSAGE_BYTES = 48_000_000

const CHECKSUM_PRESENT = 1 << 0
const MORE_TO_COME = 1 << 1

/** One command from a client. */
export interface CommandMessage {
  readonly requestId: number
  /** The command document, whose first key is the command's name. */
  readonly command: Document
  /** The database it is for. */
  readonly database: string
  /** Came as OP_QUERY, as the first handshake of older drivers does: answered with OP_REPLY. */
  readonly legacy: boolean
  /** The client reads no answer: an unacknowledged write. */
  readonly moreToCome: boolean
}

/** Cuts a stream of bytes into whole messages, header included. */
export class MessageFramer {
  #rest: Buffer = Buffer.alloc(0)

  /** The messages that `chunk` completes. Throws on a length that no message can have. */
  push(chunk: Buffer): Buffer[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const messages: Buffer[] = []
    while (this.#rest.length >= 4) {
      const length = this.#rest.readInt32LE(0)
      if (length < HEADER_BYTES || length > MAX_MESSAGE_BYTES) throw new Error(`bad message length ${length}`)
      if (this.#rest.length < length) break
      messages.push(this.#rest.subarray(0, length))
      this.#rest = this.#rest.subarray(length)
    }
    return messages
  }
}

/** The command in a message. Throws on anything but OP_MSG, and OP_QUERY on `$cmd`. */
export function decodeCommand(message: Buffer): CommandMessage {
  const requestId = message.readInt32LE(4)
  const opCode = message.readInt32LE(12)
  if (opCode === OP_MSG) return decodeOpMsg(message, requestId)
  if (opCode === OP_QUERY) return decodeOpQuery(message, requestId)
  throw new Error(`unsupported opcode ${opCode}`)
}

function decodeOpMsg(message: Buffer, requestId: number): CommandMessage {
  const flags = message.readUInt32LE(16)
  const end = message.length - (flags & CHECKSUM_PRESENT ? 4 : 0)
  let command: Document = {}
  const sequences: Document = {}
  let offset = HEADER_BYTES + 4
  while (offset < end) {
    const kind = message[offset++]
    const size = message.readInt32LE(offset)
    const section = message.subarray(offset, offset + size)
    offset += size
    if (kind === 0) {
      command = deserialize(section)
    } else if (kind === 1) {
      const nameEnd = section.indexOf(0, 4)
      sequences[section.toString('utf8', 4, nameEnd)] = decodeDocuments(section.subarray(nameEnd + 1))
    } else {
      throw new Error(`unsupported section kind ${kind}`)
    }
  }
  return {
    requestId,
    command: { ...command, ...sequences },
    database: String(command.$db ?? 'admin'),
    legacy: false,
    moreToCome: (flags & MORE_TO_COME) !== 0,
  }
}

function decodeOpQuery(message: Buffer, requestId: number): CommandMessage {
  const nameEnd = message.indexOf(0, HEADER_BYTES + 4)
  const namespace = message.toString('utf8', HEADER_BYTES + 4, nameEnd)
  const documentStart = nameEnd + 1 + 8 // numberToSkip and numberToReturn lie between
  if (!namespace.endsWith('.$cmd')) throw new Error('unsupported legacy query')
  const size = message.readInt32LE(documentStart)
  return {
    requestId,
    command: deserialize(message.subarray(documentStart, documentStart + size)),
    database: namespace.slice(0, -'.$cmd'.length),
    legacy: true,
    moreToCome: false,
  }
}

function decodeDocuments(bytes: Buffer): Document[] {
  const documents: Document[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const size = bytes.readInt32LE(offset)
    documents.push(deserialize(bytes.subarray(offset, offset + size)))
    offset += size
  }
  return documents
}

let lastRequestId = 0

/** The answer to a message, as bytes: OP_MSG, or OP_REPLY to a legacy one. */
export function encodeReply(to: Pick<CommandMessage, 'requestId' | 'legacy'>, reply: Document): Buffer {
  const body = serialize(reply, { ignoreUndefined: true })
  const preamble = to.legacy ? legacyPreamble() : Buffer.alloc(5) // flag bits 0, section kind 0
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeInt32LE(HEADER_BYTES + preamble.length + body.length, 0)
  lastRequestId = (lastRequestId + 1) & 0x7fffffff
  header.writeInt32LE(lastRequestId, 4)
  header.writeInt32LE(to.requestId, 8)
  header.writeInt32LE(to.legacy ? OP_REPLY : OP_MSG, 12)
  return Buffer.concat([header, preamble, body])
}

/** OP_REPLY's fields before its documents: response flags, cursor id, starting from, number returned. */
function legacyPreamble(): Buffer {
  const preamble = Buffer.alloc(20)
  preamble.writeInt32LE(8, 0) // AwaitCapable, as every server since 2006 says
  preamble.writeInt32LE(1, 16)
  return preamble
}
