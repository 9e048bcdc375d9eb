import type { operations } from '../../src/panel/api/operations.ts';
import { sayBox } from './words.ts';

/**
 * What can be asked of the box, with the types of the very table that it answers by. A refusal is thrown as `Refused`, with
 * the sentence of the box.
 */
type Operations = typeof operations;
type InputOf<Name extends keyof Operations> = Operations[Name]['input']['_output'];
type AnswerOf<Name extends keyof Operations> = Operations[Name]['output']['_output'];

export interface Session {
  readonly name: string;
  readonly version: string;
  /** Without a login the panel is open to the machine that it runs on. */
  readonly guarded: boolean;
  /** Missing as long as nobody is logged in. */
  readonly role?: 'person' | 'operator' | 'administrator';
  readonly account?: string;
  readonly token?: string;
  /** The box asks for a second factor, and there is none yet: nothing else can be done. */
  readonly lacksSecondFactor?: boolean;
}

/** What the box asks for after a right password. */
export interface SecondStep {
  readonly ticket: string;
  /** What the browser is asked for a passkey; null where the person has none for this name of the box. */
  readonly passkey: object | null;
}

/** A login goes in, or asks for more. */
export type LoginAnswer = Session | { readonly second: SecondStep };

export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly problems: readonly { readonly path: string; readonly message: string }[];
  constructor(status: number, message: string, problems: Refused['problems'] = []) {
    super(message);
    this.status = status;
    this.problems = problems;
  }
}

let token = '';
const loggedOut = new Set<() => void>();

/** Called when the box says that nobody is logged in any more. */
export function onLoggedOut(listener: () => void): () => void {
  loggedOut.add(listener);
  return () => loggedOut.delete(listener);
}

let background = false;

/** What is asked because something happened, not because of somebody: it keeps no session open. Asked at once, in the same turn. */
export function inBackground<T>(work: () => T): T {
  background = true;
  try {
    return work();
  } finally {
    background = false;
  }
}

async function send(path: string, init: RequestInit = {}): Promise<unknown> {
  const headers = background ? { ...init.headers, 'X-Caselli-Background': '1' } : init.headers;
  const response = await fetch(`/api/${path}`, { ...init, ...(headers && { headers }) }).catch(() => {
    throw new Refused(0, sayBox('The box does not answer.'));
  });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  if (response.status === 401 && !path.startsWith('login')) for (const listener of loggedOut) listener();
  throw new Refused(response.status, sayBox(body.error ?? `The box answers ${response.status}.`), body.problems);
}

function query(input: object): string {
  const entries = Object.entries(input).map(([key, value]) => [key, String(value)]);
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries)}`;
}

export async function ask<Name extends keyof Operations>(name: Name, input: InputOf<Name>): Promise<AnswerOf<Name>> {
  return (await send(`${name}${query(input as object)}`)) as AnswerOf<Name>;
}

export async function change<Name extends keyof Operations>(name: Name, input: InputOf<Name>): Promise<AnswerOf<Name>> {
  const headers = { 'Content-Type': 'application/json', 'X-Caselli-Token': token };
  return (await send(name, { method: 'POST', headers, body: JSON.stringify(input) })) as AnswerOf<Name>;
}

export async function upload<Name extends keyof Operations>(
  name: Name,
  input: InputOf<Name>,
  content: Blob,
): Promise<AnswerOf<Name>> {
  const headers = { 'Content-Type': 'application/octet-stream', 'X-Caselli-Token': token };
  return (await send(`${name}${query(input as object)}`, { method: 'POST', headers, body: content })) as AnswerOf<Name>;
}

/** The address of what is read: for `<img src>`, and for a link. */
export function addressOf<Name extends keyof Operations>(name: Name, input: InputOf<Name>): string {
  return `/api/${name}${query(input as object)}`;
}

/** Hands the answer to the browser's downloads, however large it is. */
export function download<Name extends keyof Operations>(name: Name, input: InputOf<Name>): void {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = `/api/${name}`;
  form.hidden = true;
  for (const [field, value] of [
    ['input', JSON.stringify(input)],
    ['token', token],
  ] as const) {
    const element = document.createElement('input');
    element.name = field;
    element.value = value;
    form.append(element);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}

function known(session: Session): Session {
  token = session.token ?? '';
  return session;
}

export async function readSession(): Promise<Session> {
  return known((await send('session')) as Session);
}

async function post(path: string, given: object): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json' };
  return send(path, { method: 'POST', headers, body: JSON.stringify(given) });
}

export async function logIn(account: string, password: string): Promise<LoginAnswer> {
  const answer = (await post('login', { account, password })) as LoginAnswer;
  return 'second' in answer ? answer : known(answer);
}

/** @param code of the authenticator app, or a recovery code */
export async function logInCode(ticket: string, code: string): Promise<Session> {
  return known((await post('login/code', { ticket, code })) as Session);
}

/** @param asked what was asked after a right password; without it the passkey alone is the login */
export async function logInPasskey(asked?: SecondStep): Promise<Session> {
  const { ticket, passkey } = asked ?? ((await post('login/passkey/options', {})) as SecondStep);
  const { startAuthentication } = await import('@simplewebauthn/browser');
  const answer = await startAuthentication({ optionsJSON: passkey as never });
  return known((await post('login/passkey', { ticket, answer })) as Session);
}

export async function logOut(): Promise<void> {
  await send('logout', { method: 'POST' });
  token = '';
}
