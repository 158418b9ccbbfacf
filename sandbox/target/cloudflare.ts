import type { ServerResponse } from 'node:http'

/**
 * Answers as Cloudflare's edge does when it can't reach an origin: a status from 520 to 530, its headers, and the code as
 * text, or in a page for browsers.
 * https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
 */
export function answerAsCloudflare(
  response: ServerResponse,
  status: number,
  code: string,
  page: string | undefined,
): void {
  const isHtml = page === 'html'
  response.writeHead(status, {
    'Content-Type': isHtml ? 'text/html; charset=UTF-8' : 'text/plain; charset=UTF-8',
    Server: 'cloudflare',
    'CF-RAY': '8e1f2a3b4c5d6e7f-FRA',
  })
  response.end(
    isHtml
      ? `<!DOCTYPE html><title>shop.example | ${code}</title><span class="cf-code-label">Error code ${code}</span>`
      : `error code: ${code}`,
  )
}
