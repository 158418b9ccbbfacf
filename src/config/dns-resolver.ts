/** The DNS-over-HTTPS server that is asked unless another is named. */
export const DNS_RESOLVER = 'https://cloudflare-dns.com/dns-query'
