import type { Document, MongoClient } from 'mongodb'
import type { Aggregation } from '../../business/ports.ts'

/** A row as JSON holds it: what JSON lacks is in relaxed Extended JSON. */
export type Row = Readonly<Record<string, unknown>>

/** Runs aggregations one after another. What is read need not be the newest: a secondary will do. */
export async function aggregateAll(
  client: MongoClient,
  database: string | undefined,
  aggregations: readonly Aggregation[],
  maxTimeMS: number,
): Promise<Row[][]> {
  const { BSON } = await import('./driver.ts')
  const db = client.db(database)
  const answers: Row[][] = []
  for (const { collection, pipeline } of aggregations) {
    const rows = await db
      .collection(collection)
      .aggregate([...pipeline] as Document[], { maxTimeMS, readPreference: 'secondaryPreferred' })
      .toArray()
    answers.push(rows.map((row) => BSON.EJSON.serialize(row) as Row))
  }
  return answers
}
