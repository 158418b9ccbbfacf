// What the service is compared with: the least that Hono makes.
import { Hono } from 'hono'

const app = new Hono()
app.get('/', (c) => c.text('ok'))
export default app
