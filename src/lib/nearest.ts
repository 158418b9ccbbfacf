/** The names that are spelt most like `text`, the nearest first. Costs the product of the lengths for each name. */
export function nearest(text: string, names: readonly string[], count: number): string[] {
  return names
    .map((name) => ({ name, distance: editDistance(text, name) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ name }) => name)
}

/** How many letters must be added, taken away or changed (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let at = 0; at < a.length; at++) {
    const next = [at + 1]
    for (let column = 0; column < b.length; column++) {
      const changed = row[column]! + (a[at] === b[column] ? 0 : 1)
      next.push(Math.min(changed, row[column + 1]! + 1, next[column]! + 1))
    }
    row = next
  }
  return row.at(-1)!
}
