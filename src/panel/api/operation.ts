import { z } from 'zod';

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
 * | download | POST, input as JSON or in the field `input` of a form | octets |
 */
export type Kind = 'ask' | 'change' | 'upload' | 'download';

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
  /** Of a download: the name that a browser gives the file, and what it is. */
  readonly file?: { readonly name: string; readonly type: string };
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
