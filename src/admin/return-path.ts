/** Where people land who come from nowhere in particular. */
export const HOME_PATH = '/admin'

/**
 * Where to go after signing in: the path that was asked for, if it lies under `/admin`, else the dashboard's first page. What
 * it gives begins with `/admin`, so it leads to no other host whatever was sent.
 */
export function returnPath(asked: string | undefined): string {
  const base = 'http://edgewatch.invalid'
  const url = asked === undefined ? null : URL.parse(asked, base)
  if (url?.origin !== base || !/^\/admin(\/(?!log(in|out)$)[\w/-]*)?$/.test(url.pathname)) return HOME_PATH
  return url.pathname + url.search + url.hash
}
