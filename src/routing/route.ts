import type { AccountInfo, DirectorySnapshot } from '../accounts/directory-snapshot.ts';
import { applyDialPlan } from '../fax/dial-plan.ts';
import { type FaxAddress, parseFaxAddress } from '../fax/fax-address.ts';
import { formatMailbox, literalAddress, type Mailbox, parseMailbox } from '../mail/address.ts';
import type { Source } from '../mail/envelope.ts';
import type { RoutingConfig } from './config.ts';
import type { Asker, Refusal, RoutedRecipient, Routing } from './types.ts';

/**
 * Where does this address lead? Pure: the same question to the same directory and configuration has the same answer,
 * at RCPT, at every delivery attempt and in the panel (DESIGN §2, promise 4). Order, as in Courier's submit: fax, own
 * domains (alias, mailbox, postmaster, sub-address, alias of the whole domain), the outside.
 */

/** Aliases that lead to aliases. */
export const maxAliasDepth = 10;
/** Recipients that one address may become. */
export const maxExpansion = 1000;
/** Targets looked at for one address, whatever they become. */
export const maxTargetsVisited = 10_000;
/** Stands before the address of a person whose forwarding is followed, among the aliases on the way. */
const forwardMark = 'forwarding of ';
/** Separators at which a sub-address is cut, as in Courier. */
export const maxSubAddressCuts = 3;

export interface Explanation {
  readonly routing: Routing;
  /** What was found on the way, in sentences. */
  readonly steps: readonly string[];
}

export function route(address: string, asker: Asker, directory: DirectorySnapshot, config: RoutingConfig): Routing {
  return explain(address, asker, directory, config).routing;
}

/** As `route`, with the reasons; for `caselli route` and the panel. */
export function explain(
  address: string,
  asker: Asker,
  directory: DirectorySnapshot,
  config: RoutingConfig,
): Explanation {
  const walk: Walk = { asker, directory, config, steps: [], expanded: new Set(), visited: 0 };
  const found = resolve(walk, address, []);
  if (found.kind === 'refused') {
    walk.steps.push(`${address}: refused, ${found.code} ${found.status} ${found.text}`);
    return { routing: found, steps: walk.steps };
  }
  const recipients = [...new Map(found.recipients.map((one) => [recipientKey(one), one])).values()];
  const catchAll = found.catchAll ? { catchAll: true as const } : {};
  return { routing: { kind: 'routed', recipients, alias: found.alias, ...catchAll }, steps: walk.steps };
}

/** Two recipients with the same key would get the same message at the same place twice. */
export function recipientKey({ address, route }: RoutedRecipient): string {
  if (route.agent === 'local') return `local ${route.account} ${address.toLowerCase()}`;
  return route.agent === 'fax' ? `fax ${route.number} ${Object.values(route.options).join()}` : `esmtp ${address}`;
}

/** The asker for mail that was let in already: at delivery nothing is asked twice that the door has answered. */
export function acceptedAsker(source: Source, byAlias: boolean): Asker {
  return { relay: true, fax: true, source: byAlias ? 'local' : source };
}

interface Walk {
  readonly asker: Asker;
  readonly directory: DirectorySnapshot;
  readonly config: RoutingConfig;
  readonly steps: string[];
  /** Aliases whose targets were taken already. */
  readonly expanded: Set<string>;
  visited: number;
}

type Found =
  | {
      readonly kind: 'found';
      readonly recipients: readonly RoutedRecipient[];
      readonly alias: boolean;
      readonly catchAll?: true;
    }
  | Refusal;

/** @param path the aliases on the way here; what stands in an alias the administrator has allowed. */
function resolve(walk: Walk, text: string, path: readonly string[]): Found {
  const fax = parseFaxAddress(text);
  if (fax.kind !== 'other') return resolveFax(walk, text, fax, path);
  const mailbox = completed(walk, text);
  if (mailbox?.domain === '') return refuse(450, '4.3.5', 'This box has no mail domain yet');
  if (!mailbox) return refuse(553, '5.1.3', 'This is not a mail address');
  if (walk.directory.isLocalDomain(mailbox.domain)) return resolveLocal(walk, mailbox, path);
  if (!/[.[]/.test(mailbox.domain)) return refuse(553, '5.1.2', `The domain ${mailbox.domain} is not complete`);
  if (!walk.asker.relay && path.length === 0)
    return refuse(550, '5.7.1', 'Relaying denied: log in to send mail to other domains');
  walk.steps.push(`${text}: to another host, domain ${mailbox.domain}`);
  return one(formatMailbox(mailbox), { agent: 'esmtp', domain: mailbox.domain });
}

/** With the default domain for bare names, the name and the addresses of the box; '' when there is no default domain. */
function completed({ directory, config }: Walk, text: string): Mailbox | undefined {
  const bare = !text.includes('@');
  const mailbox = parseMailbox(bare ? `${text}@${config.name}` : text);
  if (!mailbox || directory.isLocalDomain(mailbox.domain)) return mailbox;
  const own =
    bare ||
    mailbox.domain === config.name.toLowerCase() ||
    mailbox.domain === 'localhost' ||
    config.ownAddresses.includes(literalAddress(mailbox.domain) ?? '');
  return own ? { ...mailbox, domain: directory.defaultDomain ?? '' } : mailbox;
}

function resolveFax(
  walk: Walk,
  text: string,
  fax: Exclude<FaxAddress, { kind: 'other' }>,
  path: readonly string[],
): Found {
  const { asker, config } = walk;
  if (!asker.fax && path.length === 0) return refuse(550, '5.7.1', 'Faxing denied: log in to send faxes');
  if (fax.kind === 'invalid') return refuse(550, '5.1.3', fax.reason);
  if (!config.dialPlan) return refuse(450, '4.3.5', 'The dial plan of this box has a mistake');
  const dialling = applyDialPlan(config.dialPlan, fax.number, dialSource(path.length > 0 ? 'local' : asker.source));
  for (const { line, rule, effect, number } of dialling.steps)
    walk.steps.push(`${text}: dial plan line ${line} (${rule}): ${effect}, ${number}`);
  if (dialling.kind === 'refused') return refuse(550, '5.1.3', dialling.reason);
  walk.steps.push(`${text}: fax, dialled as ${dialling.number}`);
  const at = text.lastIndexOf('@');
  const address = text.slice(0, at) + text.slice(at).toLowerCase();
  return one(address, { agent: 'fax', number: dialling.number, options: fax.options });
}

/** The dial plan's word for a source: what people do on the box itself is `local`. */
function dialSource(source: Source): string {
  return source === 'esmtp' || source === 'dsn' ? source : 'local';
}

function resolveLocal(walk: Walk, mailbox: Mailbox, path: readonly string[]): Found {
  const { directory } = walk;
  const key = `${mailbox.localpart}@${mailbox.domain}`.toLowerCase();
  const account = directory.account(key);
  if (path.includes(key)) {
    return account ? toPerson(walk, mailbox, account, path) : refuse(554, '5.4.6', `The alias ${key} leads to itself`);
  }
  const targets = directory.alias(key);
  const catchAll = targets && isCatchAll(directory, mailbox, targets);
  if (targets && !catchAll) return expand(walk, key, targets, path);
  if (account) return toPerson(walk, mailbox, account, path);
  if (mailbox.localpart.toLowerCase() === 'postmaster') {
    const configured = walk.config.postmaster;
    if (configured) return expand(walk, key, [configured], path);
    if (!targets) return refuse(450, '4.3.5', 'This box has no postmaster yet');
  }
  for (const shorter of cuts(mailbox.localpart)) {
    const found = resolveSubAddress(walk, mailbox, shorter, path);
    if (found) return found;
  }
  if (!targets) return refuse(550, '5.1.1', `There is no mailbox ${formatMailbox(mailbox)}`);
  const found = expand(walk, key, targets, path);
  return found.kind === 'found' ? { ...found, catchAll: true } : found;
}

/** `alice+invoices` and `alice-invoices` reach alice; undefined when there is neither such a mailbox nor such an alias. */
function resolveSubAddress(walk: Walk, mailbox: Mailbox, shorter: string, path: readonly string[]): Found | undefined {
  const { directory } = walk;
  const base = { ...mailbox, localpart: shorter };
  const key = formatMailbox(base);
  const targets = directory.alias(key);
  const alias = targets && !isCatchAll(directory, base, targets);
  const account = directory.account(key);
  if (!alias && !account) return undefined;
  walk.steps.push(`${formatMailbox(mailbox)}: sub-address of ${key}`);
  return alias ? resolveLocal(walk, base, path) : toPerson(walk, mailbox, account!, path);
}

/** `a-b+c` → `a-b`, `a`. */
function cuts(localpart: string): string[] {
  const shorter: string[] = [];
  for (let rest = localpart; shorter.length < maxSubAddressCuts; ) {
    const cut = Math.max(rest.lastIndexOf('+'), rest.lastIndexOf('-'));
    if (cut < 1) break;
    rest = rest.slice(0, cut);
    shorter.push(rest);
  }
  return shorter;
}

/** To the mailbox, or where the person has it forwarded. Mail that comes back on its way stays: two who forward to each other lose none. */
function toPerson(walk: Walk, mailbox: Mailbox, account: AccountInfo, path: readonly string[]): Found {
  const { address, forward, disabled } = account;
  const key = `${forwardMark}${address}`;
  if (!forward || disabled || path.includes(key)) return toMailbox(walk, mailbox, address);
  const found = expand(walk, key, forward.to, path);
  // What cannot be forwarded stays, too: a wrong address there must not cost mail.
  if (found.kind === 'refused' && found.code >= 500) return toMailbox(walk, mailbox, address);
  if (found.kind === 'refused' || !forward.keep) return found;
  const own = toMailbox(walk, mailbox, address);
  return own.kind === 'refused' ? found : { ...found, recipients: [...own.recipients, ...found.recipients] };
}

function toMailbox(walk: Walk, mailbox: Mailbox, address: string): Found {
  if (walk.directory.account(address)?.disabled) return refuse(550, '5.2.1', `The mailbox ${address} is disabled`);
  walk.steps.push(`${formatMailbox(mailbox)}: mailbox ${address}`);
  return one(formatMailbox(mailbox), { agent: 'local', account: address });
}

/** The directory answers with the entry of the whole domain when the address has none; those come last. */
function isCatchAll(directory: DirectorySnapshot, { localpart, domain }: Mailbox, targets: readonly string[]): boolean {
  const whole = directory.alias(`@${domain}`);
  if (whole?.length !== targets.length) return false;
  const name = localpart.toLowerCase();
  return whole.every((target, index) => targets[index] === (target.startsWith('@') ? name + target : target));
}

/** A target that leads nowhere is left out and named; only when all do the alias is refused, as the first of them was. */
function expand(walk: Walk, key: string, targets: readonly string[], path: readonly string[]): Found {
  if (path.length >= maxAliasDepth)
    return refuse(554, '5.4.6', `The alias ${path[0]} leads over more than ${maxAliasDepth} others`);
  if (walk.expanded.has(key)) return { kind: 'found', recipients: [], alias: true };
  walk.expanded.add(key);
  walk.steps.push(
    key.startsWith(forwardMark) ? `${key}: to ${targets.join(', ')}` : `${key}: alias of ${targets.join(', ')}`,
  );
  const recipients: RoutedRecipient[] = [];
  const dropped: Refusal[] = [];
  for (const target of targets) {
    if (++walk.visited > maxTargetsVisited) return tooMany;
    const found = resolve(walk, target, [...path, key]);
    if (found === tooMany) return tooMany;
    if (found.kind === 'refused') {
      dropped.push(found);
      walk.steps.push(`${target}: left out, ${found.code} ${found.status} ${found.text}`);
    } else recipients.push(...found.recipients);
    if (recipients.length > maxExpansion) return tooMany;
  }
  // What cannot be said yet is asked again later, so that no target is lost over it.
  const waiting = dropped.find(({ code }) => code < 500);
  if (waiting) return waiting;
  if (recipients.length === 0 && dropped[0]) return dropped[0];
  return { kind: 'found', recipients, alias: true };
}

/** RFC 3463 §3.3, X.2.4: mailing list expansion problem. */
const tooMany: Refusal = refuse(550, '5.2.4', `The alias leads to more than ${maxExpansion} recipients`);

function one(address: string, route: RoutedRecipient['route']): Found {
  return { kind: 'found', recipients: [{ address, route }], alias: false };
}

function refuse(code: number, status: string, text: string): Refusal {
  return { kind: 'refused', code, status, text };
}
