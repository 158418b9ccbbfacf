/** The default DNS-over-HTTPS server. */
export const DNS_RESOLVER = 'https://cloudflare-dns.com/dns-query'
