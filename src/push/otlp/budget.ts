import { MAX_GROUP_TEXT_LENGTH, Refused } from '../model.ts'

/** More than 4 MiB of sensible points are. */
const MAX_ITEMS = 100_000
/** Each is a group, which is written by itself. */
const MAX_RESOURCES = 1_000

/** What a request may come to: much that is short, or little that is written out often, must not cost minutes. */
export class Budget {
  #items = 0
  #textLength = 0

  /** A list that is about to be read. @throws Refused */
  items<T>(list: readonly T[]): readonly T[] {
    this.#items += list.length
    if (this.#items > MAX_ITEMS) throw tooLarge(`more than ${MAX_ITEMS} scopes, metrics and points`)
    return list
  }

  /** The resources of the request. @throws Refused */
  resources<T>(list: readonly T[]): readonly T[] {
    if (list.length > MAX_RESOURCES) throw tooLarge(`resourceMetrics: more than ${MAX_RESOURCES} resources`)
    return list
  }

  /** The labels of a series that is about to be written out. @param length in UTF-16 units @throws Refused */
  labels(length: number): void {
    this.#textLength += length
    if (this.#textLength > MAX_GROUP_TEXT_LENGTH) {
      throw tooLarge('too much text, with the labels of resource and scope written out in each series')
    }
  }
}

const tooLarge = (message: string): Refused => new Refused('too_large', message)
