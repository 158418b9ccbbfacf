// The part of Zod that requests are checked with; see `lazySchema`.
export {
  array,
  discriminatedUnion,
  enum,
  iso,
  literal,
  NEVER,
  number,
  object,
  record,
  strictObject,
  string,
  unknown,
} from 'zod'
