import type { Document } from 'bson'
import { Query } from 'mingo'
import type { IndexSpec } from './collection.ts'
import type { Commands } from './command.ts'
import { CommandError } from './command-error.ts'

/** Commands about databases, collections and indexes. */
export const catalogCommands: Commands = {
  listDatabases(command, { store }) {
    const query = new Query<Document>(command.filter ?? {})
    const databases = store
      .databaseNames()
      .map((name) => {
        const collections = [...store.collections(name).values()]
        const sizeOnDisk = collections.reduce((bytes, collection) => bytes + collection.dataBytes, 0)
        return { name, sizeOnDisk, empty: sizeOnDisk === 0 }
      })
      .filter((database) => query.test(database))
    if (command.nameOnly) return { databases: databases.map(({ name }) => ({ name })) }
    const totalSize = databases.reduce((bytes, { sizeOnDisk }) => bytes + sizeOnDisk, 0)
    return { databases, totalSize, totalSizeMb: Math.floor(totalSize / 2 ** 20) }
  },

  listCollections(command, { store, database, cursors }) {
    const query = new Query<Document>(command.filter ?? {})
    const collections = [...store.collections(database).keys()]
      .map((name) => ({
        name,
        type: 'collection',
        options: {},
        info: { readOnly: false },
        idIndex: { v: 2, key: { _id: 1 }, name: '_id_' },
      }))
      .filter((collection) => query.test(collection))
      .map((collection) => (command.nameOnly ? { name: collection.name, type: 'collection' } : collection))
    return cursors.firstBatch(`${database}.$cmd.listCollections`, collections, command.cursor?.batchSize)
  },

  create(command, { store, database }) {
    if (store.find(database, command.create)) {
      throw new CommandError(48, `Collection ${database}.${command.create} already exists.`)
    }
    store.write(database, command.create)
    return {}
  },

  drop(command, { store, database }) {
    const nIndexesWas = store.find(database, command.drop)?.indexes.length
    store.drop(database, command.drop)
    return nIndexesWas === undefined ? {} : { ns: `${database}.${command.drop}`, nIndexesWas }
  },

  dropDatabase(_command, { store, database }) {
    const existed = store.databaseNames().includes(database)
    store.dropDatabase(database)
    return existed ? { dropped: database } : {}
  },

  createIndexes(command, { store, database }) {
    const createdCollectionAutomatically = store.find(database, command.createIndexes) === undefined
    const collection = store.write(database, command.createIndexes)
    const numIndexesBefore = collection.indexes.length
    for (const index of command.indexes as IndexSpec[]) collection.createIndex(index)
    const numIndexesAfter = collection.indexes.length
    const note = numIndexesAfter === numIndexesBefore ? { note: 'all indexes already exist' } : {}
    return { numIndexesBefore, numIndexesAfter, createdCollectionAutomatically, ...note }
  },

  listIndexes(command, { store, database, cursors }) {
    const collection = store.find(database, command.listIndexes)
    if (!collection) throw new CommandError(26, `ns does not exist: ${database}.${command.listIndexes}`)
    const indexes = collection.indexes.map((index) => ({ v: 2, ...index }))
    return cursors.firstBatch(collection.namespace, indexes, command.cursor?.batchSize)
  },

  dropIndexes(command, { store, database }) {
    const collection = store.find(database, command.dropIndexes)
    if (!collection) throw new CommandError(26, `ns not found ${database}.${command.dropIndexes}`)
    const nIndexesWas = collection.indexes.length
    for (const name of [command.index].flat()) collection.dropIndex(name)
    return { nIndexesWas }
  },
}
