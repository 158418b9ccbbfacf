// Loaded with `import()`: the driver is three quarters of the bundle, and only the object that talks to MongoDB uses it.
export { BSON, MongoClient } from 'mongodb'
