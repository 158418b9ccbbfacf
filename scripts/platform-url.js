// Stands for the package whatwg-url in the Worker's bundle: the platform has these classes, and the package's Unicode
// tables are 236 KB.
export const { URL, URLSearchParams } = globalThis
