import { evictDurableObject } from 'cloudflare:test'

// On Cloudflare an idle object is evicted after about 10 s, so between any two calls. Test worlds do the same by
// default: whatever an object holds only in memory is gone before the next call.

/** Decides whether an object may be evicted now. */
export interface Residence {
  /** Why the object stays in memory; undefined: it is evicted between any two calls. */
  staysInMemory?: string | undefined
}

/** An object over the storage of a test, and a way to evict it at once. */
export interface Evictable<T extends object> {
  /** Has the object's methods. Each call goes to a new instance, unless another call is under way. */
  readonly object: T
  /** Leaves the instance behind, whatever it is doing. */
  evict(): void
}

/** Makes an object that `create` constructs again after each eviction. */
export function evictable<T extends object>(create: () => T, residence: Residence = {}): Evictable<T> {
  let current: { readonly instance: T; calls: number } | undefined
  const enter = () => {
    const isIdle = current?.calls === 0 && residence.staysInMemory === undefined
    current = current && !isIdle ? current : { instance: create(), calls: 0 }
    current.calls += 1
    return current
  }
  const methods = create()
  const object = new Proxy(methods, {
    get(_, name) {
      if (typeof Reflect.get(methods, name) !== 'function') return undefined
      return (...args: unknown[]) => {
        const entered = enter()
        const leave = () => {
          entered.calls -= 1
        }
        try {
          const method = Reflect.get(entered.instance, name) as (...args: unknown[]) => unknown
          const result = method.apply(entered.instance, args)
          if (result instanceof Promise) return result.finally(leave)
          leave()
          return result
        } catch (error) {
          leave()
          throw error
        }
      }
    },
  })
  return {
    object,
    evict() {
      current = undefined
    },
  }
}

/** Evicts a Durable Object, if it is in memory. */
export const evict = (stub: DurableObjectStub): Promise<void> =>
  evictDurableObject(stub).catch((error: Error) => {
    if (!error.message.includes('not currently running')) throw error
  })

/** Calls under way, by the id of the object. */
const underWay = new Map<string, number>()

/** A stub by which an object is evicted before each call, unless another call is under way. */
export function evictingStub<T extends object>(stub: T, residence: Residence = {}): T {
  const id = String((stub as unknown as DurableObjectStub).id)
  const count = (by: number) => {
    const calls = (underWay.get(id) ?? 0) + by
    if (calls === 0) underWay.delete(id)
    else underWay.set(id, calls)
    return calls
  }
  return new Proxy(stub, {
    get(target, name) {
      const method = Reflect.get(target, name) as unknown
      if (typeof method !== 'function' || name === 'then') return method
      return async (...args: unknown[]) => {
        const isOnly = count(1) === 1
        try {
          if (isOnly && residence.staysInMemory === undefined) {
            await evict(stub as unknown as DurableObjectStub)
          }
          // Called as a method: `apply` would be the name of a remote one.
          return await (target as Record<PropertyKey, (...args: unknown[]) => unknown>)[name]!(...args)
        } finally {
          count(-1)
        }
      }
    },
  })
}
