/** An element of an XML document. */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Element[]
  text: string
}

/**
 * Reads an XML document, as strictly as a feed reader: every tag is closed, every attribute quoted, no `<` and no `&`
 * but in the entities, and no character that XML 1.0 can't hold.
 */
export function parseXml(document: string): Element {
  if (/[^\t\n\r -\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.test(document)) {
    throw new Error('a character that XML can not hold')
  }
  const root: Element = { name: '', attributes: {}, children: [], text: '' }
  const open = [root]
  const token = /<\?xml [^?]*\?>|<\/([\w:]+)\s*>|<([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy
  let end = 0
  for (const [whole, closed, name, attributes, empty, text] of document.matchAll(token)) {
    end += whole.length
    const current = open.at(-1)!
    if (closed !== undefined) {
      if (current.name !== closed) throw new Error(`</${closed}> closes <${current.name}>`)
      open.pop()
    } else if (name !== undefined) {
      const element: Element = { name, attributes: attributesOf(attributes!), children: [], text: '' }
      current.children.push(element)
      if (!empty) open.push(element)
    } else if (text !== undefined) {
      current.text += decode(text)
    }
  }
  if (end !== document.length) throw new Error(`not well-formed at: ${document.slice(end, end + 80)}`)
  if (open.length !== 1) throw new Error(`<${open.at(-1)!.name}> is not closed`)
  if (root.children.length !== 1) throw new Error('not one element')
  return root.children[0]!
}

/** The children of that name. */
export const all = (element: Element, name: string): Element[] =>
  element.children.filter((child) => child.name === name)

/** The text of the first child of that name. */
export const textOf = (element: Element, name: string): string | undefined => all(element, name)[0]?.text

const attributesOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name, value]) => [name!, decode(value!)]),
  )

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
}

function decode(text: string): string {
  return text.replaceAll(/&[^;]*;?/g, (entity) => {
    const character = ENTITIES[entity]
    if (character === undefined) throw new Error(`unknown entity ${entity}`)
    return character
  })
}
