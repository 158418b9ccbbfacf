import { DurableObject } from 'cloudflare:workers'

/** Decides which checks are due, has the regions make them, judges, and keeps the history. There is one. */
export abstract class UptimeMonitorObject<E> extends DurableObject<E> {}
