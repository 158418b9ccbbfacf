interface Block {
  readonly type?: unknown
  readonly text?: { readonly type?: unknown; readonly text?: unknown }
  readonly fields?: readonly { readonly text?: unknown }[]
  readonly elements?: readonly { readonly type?: unknown; readonly text?: unknown }[]
}

const MAX_BLOCKS = 50
const MAX_ATTACHMENTS = 100
/** Undocumented: of all blocks with what contains them (https://github.com/slackapi/bolt-js/issues/2509). */
const MAX_LENGTH = 13_200
const MAX_HEADER = 150
const MAX_SECTION = 3_000
const MAX_FIELDS = 10
const MAX_FIELD = 2_000
const MAX_CONTEXT_ELEMENTS = 10
const MAX_CONTEXT_TEXT = 2_000

/**
 * The word with which Slack refuses a message; undefined where it takes it. Checks the limits of the blocks that
 * alerts are made of. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
export function slackError(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return 'invalid_payload'
  const { text, blocks, attachments } = body as Record<string, unknown>
  if (text !== undefined && typeof text !== 'string') return 'invalid_payload'
  if (blocks !== undefined && !areValidBlocks(blocks)) return 'invalid_blocks'
  if (attachments !== undefined && !Array.isArray(attachments)) return 'invalid_attachments'
  if (attachments && attachments.length > MAX_ATTACHMENTS) return 'too_many_attachments'
  const attached = (attachments ?? []).map((each) => each?.blocks ?? [])
  if (!attached.every(areValidBlocks) || attached.flat().length > MAX_BLOCKS) return 'invalid_attachments'
  if (JSON.stringify([blocks, attachments]).length > MAX_LENGTH) return 'msg_blocks_too_long'
  const hasContent = Boolean(text) || isFilled(blocks) || isFilled(attachments)
  return hasContent ? undefined : 'no_text'
}

const isFilled = (list: unknown): boolean => Array.isArray(list) && list.length > 0

const areValidBlocks = (list: unknown): boolean =>
  Array.isArray(list) && list.length <= MAX_BLOCKS && list.every(isValidBlock)

function isValidBlock(block: Block | null): boolean {
  switch (block?.type) {
    case 'header':
      return block.text?.type === 'plain_text' && fits(block.text.text, MAX_HEADER)
    case 'section': {
      const fields = block.fields ?? []
      const fieldsFit = fields.length <= MAX_FIELDS && fields.every((field) => fits(field.text, MAX_FIELD))
      const textFits = block.text === undefined ? fields.length > 0 : fits(block.text.text, MAX_SECTION)
      return fieldsFit && textFits
    }
    case 'context':
      return (
        isFilled(block.elements) &&
        block.elements!.length <= MAX_CONTEXT_ELEMENTS &&
        block.elements!.every(({ type, text }) => type === 'image' || fits(text, MAX_CONTEXT_TEXT))
      )
    default:
      return typeof block?.type === 'string'
  }
}

const fits = (text: unknown, max: number): boolean =>
  typeof text === 'string' && text.length > 0 && text.length <= max
