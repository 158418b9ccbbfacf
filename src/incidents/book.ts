import { DurableObject } from 'cloudflare:workers'

/** Keeps what people write: incidents that they opened, and updates of all incidents. There is one book. */
export abstract class IncidentBookObject<E> extends DurableObject<E> {}
