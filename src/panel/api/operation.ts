import { z } from 'zod';
import type { AdminApi } from '../../admin/admin-api.ts';

/**
 * What may be asked of the panel, one entry for each thing. The list is the contract: routes, OpenAPI document, roles and the
 * types of the pages are made from it.
 */

/** Each may what those before it may. */
export const roles = ['person', 'operator', 'administrator'] as const;
export type Role = (typeof roles)[number];

export function mayDo(role: Role, least: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(least);
}

/**
 * How an operation travels.
 *
 * | kind | request | answer |
 * |---|---|---|
 * | ask | GET, input in the query | JSON |
 * | change | POST, input as JSON | JSON |
 * | upload | POST, input in the query, content as octets | JSON |
 * | download | POST, input as JSON or in the field `input` of a form | octets, to be saved |
 * | read | GET, input in the query | octets, to be shown: `<img src="/api/name?…">` |
 */
export type Kind = 'ask' | 'change' | 'upload' | 'download' | 'read';

export interface Operation<Input = unknown, Output = unknown> {
  readonly kind: Kind;
  /** The least role that may do it. */
  readonly role: Role;
  /** One line for people. */
  readonly summary: string;
  /** Verbs of the command line that do the same. */
  readonly verbs: readonly string[];
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType<Output>;
  /** For a person who looks after nothing else, the field `account` of the input is the own address, whatever was sent. */
  readonly own?: true;
  /** For everybody, whatever their role, the field `account` of the input is the own address; empty for the box's administrator. */
  readonly self?: true;
  /** May be asked by somebody who has to set up a second factor first. */
  readonly beforeSecondFactor?: true;
  /** Of a download or of what is read: the name that a browser gives the file, and what it is. */
  readonly file?: { readonly name: string; readonly type: string };
}

/** Operations that browsers do by following an address: nothing changes by them, and they need no token. */
export function isGet({ kind }: Pick<Operation, 'kind'>): boolean {
  return kind === 'ask' || kind === 'read';
}

/** An operation that is about whoever asks. */
export function ofSelf<Op extends object>(
  operation: Op,
): Op & { readonly self: true; readonly beforeSecondFactor: true } {
  return { ...operation, self: true, beforeSecondFactor: true };
}

/** An operation of a method of `AdminApi`. */
// biome-ignore lint/suspicious/noExplicitAny: what a method takes is found by inference, whatever it is.
export type OperationOf<Method> = Method extends (...parameters: any[]) => Promise<infer Output>
  ? Operation<Parameters<Method> extends [infer Input, ...unknown[]] ? Input : object, Output>
  : never;

/** For what takes nothing. */
export const nothing = z.strictObject({});
/** For what answers nothing but that it was done. */
export const done = z.void();

/** Methods that need no place in the panel, each with the reason. */
export const notInPanel = {
  sendmail: 'mail programs submit over SMTP',
  sendmailFromHeader: 'mail programs submit over SMTP',
} as const satisfies Partial<Record<keyof AdminApi, string>>;

/** One for each method of `AdminApi`, by its name: what is missing or differs, the compiler tells. */
export type Operations = {
  readonly [Name in Exclude<keyof AdminApi, keyof typeof notInPanel>]: OperationOf<AdminApi[Name]>;
};

export const text = z.string();
export const short = z.string().max(1000);
export const address = z.string().max(320);
export const id = z.strictObject({ id: short });

type Words = readonly string[];

export function ask<I, O>(
  role: Role,
  summary: string,
  verbs: Words,
  input: z.ZodType<I>,
  output: z.ZodType<O>,
): Operation<I, O> {
  return { kind: 'ask', role, summary, verbs, input, output };
}

export function change<I, O>(
  role: Role,
  summary: string,
  verbs: Words,
  input: z.ZodType<I>,
  output: z.ZodType<O>,
): Operation<I, O> {
  return { kind: 'change', role, summary, verbs, input, output };
}

export function upload<I, O>(
  role: Role,
  summary: string,
  verbs: Words,
  input: z.ZodType<I>,
  output: z.ZodType<O>,
): Operation<I, O> {
  return { kind: 'upload', role, summary, verbs, input, output };
}
