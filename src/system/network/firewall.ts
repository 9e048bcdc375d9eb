/** What may reach the box from outside. */
export interface Openings {
  /** TCP ports for everybody. */
  readonly open: readonly number[];
  /** TCP ports for the local networks. */
  readonly local: readonly number[];
  readonly mdns: boolean;
  /** Networks of the box's own cards, `192.0.2.0/24`: they are local, whatever their numbers. */
  readonly ownNetworks: readonly string[];
}

/** Networks that are nobody's on the internet: RFC 1918, RFC 3927, RFC 6598; RFC 4193, RFC 4291 §2.5.6. */
export const privateNetworks4 = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
] as const;
export const privateNetworks6 = ['fc00::/7', 'fe80::/10'] as const;

/** New connections from one address in a minute that the mail ports take; a whole office behind one address stays far below. */
const connectionsPerMinute = 600;
const burst = 300;

/**
 * The rules as nftables reads them. One table, replaced as a whole: what is not named here does not come in; what the box
 * itself sends goes out. Ruled by RFC 4890 where it is about ICMPv6.
 */
export function firewallRules({ open, local, mdns, ownNetworks }: Openings): string {
  const own = (v6: boolean): string[] => ownNetworks.filter((network) => network.includes(':') === v6);
  const lines = [
    'table inet caselli',
    'delete table inet caselli',
    'table inet caselli {',
    networkSet('local4', 'ipv4_addr', [...privateNetworks4, ...own(false)]),
    networkSet('local6', 'ipv6_addr', [...privateNetworks6, ...own(true)]),
    busySet('busy4', 'ipv4_addr'),
    busySet('busy6', 'ipv6_addr'),
    '  chain input {',
    '    type filter hook input priority filter; policy drop;',
    '    iif "lo" accept',
    '    ct state established,related accept',
    '    ct state invalid drop',
    '    icmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem } accept',
    '    icmpv6 type { echo-request, destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept',
    '    ip6 hoplimit 255 icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, nd-redirect } accept',
    '    icmpv6 type { mld-listener-query, mld2-listener-report } ip6 saddr fe80::/10 accept',
    '    ip protocol igmp accept',
    // Answers of a DHCP server come to an address that the box does not have yet.
    '    udp sport 67 udp dport 68 accept',
    '    udp sport 547 udp dport 546 ip6 saddr fe80::/10 accept',
    ...(mdns ? ['    udp dport 5353 jump local_only'] : []),
    ...(local.length > 0 ? [`    tcp dport ${portSet(local)} jump local_only`] : []),
    ...(open.length > 0 ? [`    tcp dport ${portSet(open)} jump everybody`] : []),
    // The sender hears at once that nothing is here, in place of waiting.
    '    meta l4proto tcp ip saddr @local4 reject with tcp reset',
    '    meta l4proto tcp ip6 saddr @local6 reject with tcp reset',
    '  }',
    '  chain local_only {',
    '    ip saddr @local4 accept',
    '    ip6 saddr @local6 accept',
    '  }',
    '  chain everybody {',
    `    ct state new update @busy4 { ip saddr ${rate()} } drop`,
    `    ct state new update @busy6 { ip6 saddr & ffff:ffff:ffff:ffff:: ${rate()} } drop`,
    '    accept',
    '  }',
    '  chain forward {',
    '    type filter hook forward priority filter; policy drop;',
    '  }',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function networkSet(name: string, type: string, networks: readonly string[]): string {
  const elements = [...new Set(networks)].join(', ');
  return `  set ${name} { type ${type}; flags interval; auto-merge; elements = { ${elements} } }`;
}

/** Addresses that connect often; the table forgets the quiet ones, and is bounded. */
function busySet(name: string, type: string): string {
  return `  set ${name} { type ${type}; flags dynamic; size 65535; timeout 2m; }`;
}

function rate(): string {
  return `limit rate over ${connectionsPerMinute}/minute burst ${burst} packets`;
}

function portSet(ports: readonly number[]): string {
  return `{ ${[...new Set(ports)].toSorted((a, b) => a - b).join(', ')} }`;
}

const everybody = ['smtp', 'submission', 'submissions', 'imap', 'imaps', 'pop3', 'pop3s'] as const;
const localOnly = ['http', 'https'] as const;
const sshPort = 22;

/** Ports to open for what listens: mail for everybody, panel and SSH for the local networks. Loopback needs none. */
export function openPorts(
  listeners: Readonly<Record<string, { readonly address: string; readonly port: number } | undefined>>,
  ssh: boolean,
  /** The plain port of the panel only leads elsewhere and must be reached from the internet. */
  acme = false,
): { readonly open: number[]; readonly local: number[] } {
  const ports = (names: readonly string[]): number[] =>
    names.flatMap((name) => {
      const at = listeners[name];
      return at && !/^(?:127\.|::1$)/.test(at.address) ? [at.port] : [];
    });
  const open = acme ? [...everybody, 'http'] : everybody;
  const local = acme ? localOnly.filter((name) => name !== 'http') : localOnly;
  return { open: ports(open), local: [...ports(local), ...(ssh ? [sshPort] : [])] };
}
