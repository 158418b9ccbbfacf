import type { ServerResponse } from 'node:http'

/** Holds requests back until it is opened; from then on they pass. */
interface Gate {
  open: boolean
  readonly waiting: Set<() => void>
  /** The most that waited at one time. */
  most: number
}

/** Gates by name: they let a test decide when an answer comes, and see how many wait for one. */
export class Gates {
  readonly #gates = new Map<string, Gate>()
  #onArrival: (() => void)[] = []

  /** Fulfilled once the gate is open; never where the caller gives up before. */
  pass(name: string, response: ServerResponse): Promise<void> {
    const gate = this.#gate(name)
    return new Promise((resolve) => {
      if (gate.open) return resolve()
      gate.waiting.add(resolve)
      gate.most = Math.max(gate.most, gate.waiting.size)
      response.once('close', () => gate.waiting.delete(resolve))
      for (const tell of this.#onArrival.splice(0)) tell()
    })
  }

  /** How many wait now, and the most that did; fulfilled once `atLeast` of them wait. */
  async counts(name: string, atLeast: number): Promise<{ readonly waiting: number; readonly most: number }> {
    const gate = this.#gate(name)
    while (gate.waiting.size < atLeast) await new Promise<void>((resolve) => this.#onArrival.push(resolve))
    return { waiting: gate.waiting.size, most: gate.most }
  }

  open(name: string): void {
    const gate = this.#gate(name)
    gate.open = true
    for (const release of gate.waiting) release()
    gate.waiting.clear()
  }

  #gate(name: string): Gate {
    const gate = this.#gates.get(name) ?? { open: false, waiting: new Set(), most: 0 }
    this.#gates.set(name, gate)
    return gate
  }
}
