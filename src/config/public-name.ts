/** Whether a name can stand in the DNS of the internet: it has a domain, and not one for local networks only (RFC 6761, RFC 6762). */
export function isPublicName(name: string): boolean {
  return /\./.test(name) && !/(?:^|\.)(?:local|localhost|lan|home\.arpa|internal|invalid)$/i.test(name);
}
