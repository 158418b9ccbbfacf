/** Every row of every Durable Object stays below this, whatever is configured: Cloudflare refuses 2 MB. */
export const ROW_LIMIT_BYTES = 1_000_000

/** The largest row of all tables of an object: the sum of the lengths of its columns, in bytes. */
export function largestRow({ sql }: DurableObjectStorage): { table: string; bytes: number } {
  const tables = sql
    .exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'",
    )
    .toArray()
  if (tables.length === 0) throw new Error('the object has no tables')
  const sizes = tables.map(({ name: table }) => {
    const columns = sql.exec(`SELECT * FROM "${table}" LIMIT 0`).columnNames
    const size = columns.map((name) => `COALESCE(LENGTH(CAST("${name}" AS BLOB)), 0)`).join(' + ')
    const { bytes } = sql.exec<{ bytes: number | null }>(`SELECT MAX(${size}) AS bytes FROM "${table}"`).one()
    return { table, bytes: bytes ?? 0 }
  })
  return sizes.reduce((largest, each) => (each.bytes > largest.bytes ? each : largest))
}
