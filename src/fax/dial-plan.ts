import { maxNumberLength } from './fax-address.ts';

/**
 * The dial plan: rewrites, accepts and rejects fax numbers, in the language of Courier's `faxrc`. Pure.
 *
 *     rw[^][*]   SEARCH [REPLACE]     the number becomes REPLACE and goes on; `*` again and again while SEARCH matches
 *     accept[^]  SEARCH SOURCE        marks the number as accepted when the mail came from SOURCE; goes on
 *     reject[^]  SEARCH SOURCE        refuses it at once
 *
 * `^`: SEARCH need match the beginning only, the rest is `$9`. SEARCH: `n` a digit, `.` any character, `( )` what `$1`
 * to `$8` repeat, `~` the key `#`; `-` and `+` stand for `,` and `@`, as the comments of Courier's file promise (its
 * matcher did not). Letters match in any case. `#` starts a comment.
 *
 * The international `+` in front of a number is `@` here, as in Courier; a plan turns it into what the exchange wants
 * (`rw^ + 00$9`). One that is still there at the end is refused: modems pass over it and would dial another number.
 */

export interface DialPlan {
  readonly rules: readonly Rule[];
}

interface Rule {
  readonly line: number;
  readonly text: string;
  readonly verb: 'rw' | 'accept' | 'reject';
  readonly prefix: boolean;
  readonly repeat: boolean;
  readonly search: readonly Token[];
  /** REPLACE of `rw`. */
  readonly replace: string;
  /** SOURCE of the others. */
  readonly source: string;
}

type Token =
  | { readonly kind: 'digit' | 'any' | 'open' | 'close' }
  | { readonly kind: 'literal'; readonly char: string };

export interface DialPlanProblem {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export type DialPlanReading =
  | { readonly kind: 'plan'; readonly plan: DialPlan }
  | { readonly kind: 'invalid'; readonly problems: readonly DialPlanProblem[] };

/** One rule that did something; for `caselli route` and the panel. */
export interface DialStep {
  readonly line: number;
  /** The rule as written. */
  readonly rule: string;
  readonly effect: 'rewritten' | 'accepted' | 'rejected';
  /** The number after it. */
  readonly number: string;
}

export type Dialling =
  /** `number`: what the modem dials, of `0-9 A-D # * W , @`. */
  | { readonly kind: 'accepted'; readonly number: string; readonly steps: readonly DialStep[] }
  /** `reason`: one sentence for the sender. */
  | { readonly kind: 'refused'; readonly reason: string; readonly steps: readonly DialStep[] };

/** Rules of one plan. */
export const maxRules = 1000;
/** Rounds of one repeated rule. */
export const maxRounds = 90;

const sources = ['local', 'esmtp', 'uucp', 'dsn', 'fax', 'web'];
const verbPattern = /^(rw|accept|reject)(\^?)(\*?)$/;
/** What the modem may be told; `~` is `#` until the end. */
const dialable = /^[0-9A-DW*,@~]$/;

/** Reads a plan; all its problems at once. */
export function compileDialPlan(text: string): DialPlanReading {
  const rules: Rule[] = [];
  const problems: DialPlanProblem[] = [];
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const written = raw.replace(/#.*$/s, '').trim();
    if (written === '') continue;
    const rule = readRule(index + 1, written);
    if (typeof rule === 'string') problems.push({ line: index + 1, message: rule });
    else rules.push(rule);
    if (rules.length > maxRules || problems.length >= 50) {
      problems.push({
        line: index + 1,
        message: `has more than ${maxRules} rules or 50 problems; the rest was not read`,
      });
      break;
    }
  }
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'plan', plan: { rules } };
}

/** @returns a sentence when it is no rule. */
function readRule(line: number, text: string): Rule | string {
  const [word = '', searchText, third = '', ...more] = text.split(/\s+/);
  const [, verb, caret, star] = verbPattern.exec(word) ?? [];
  if (!verb) return `“${word}” is no rule; there are rw, accept and reject, with ^ and *`;
  if (searchText === undefined) return `${verb} lacks what to search for`;
  if (more.length > 0) return `“${more.join(' ')}” is too much`;
  const search = readSearch(searchText);
  if (typeof search === 'string') return search;
  const rule = { line, text, prefix: caret === '^', repeat: star === '*', search } as const;
  if (verb === 'rw') {
    const problem = replaceProblem(third, rule.prefix, search.filter(({ kind }) => kind === 'open').length);
    return problem ?? { ...rule, verb: 'rw', replace: canonical(third), source: '' };
  }
  if (rule.repeat) return `* makes sense with rw only`;
  if (!sources.includes(third)) return `${verb} needs a source at the end: ${sources.join(', ')}`;
  return { ...rule, verb: verb as 'accept' | 'reject', replace: '', source: third };
}

function readSearch(text: string): Token[] | string {
  const tokens: Token[] = [];
  let groups = 0;
  let inGroup = false;
  for (const char of text) {
    if (char === '(') {
      if (inGroup) return 'groups ( ) cannot stand in one another';
      if (++groups > 8) return 'there can be 8 groups ( )';
      inGroup = true;
      tokens.push({ kind: 'open' });
    } else if (char === ')') {
      if (!inGroup) return 'a ) stands without (';
      inGroup = false;
      tokens.push({ kind: 'close' });
    } else if (char === 'n' || char === 'N') tokens.push({ kind: 'digit' });
    else if (char === '.') tokens.push({ kind: 'any' });
    else if (dialable.test(canonical(char))) tokens.push({ kind: 'literal', char: canonical(char) });
    else return `“${char}” can never be in a number`;
  }
  return inGroup ? 'a ( stands without )' : tokens;
}

function replaceProblem(text: string, prefix: boolean, groups: number): string | undefined {
  const rest = text.replaceAll(/\$([1-9])/g, (whole, digit) =>
    digit === '9' ? (prefix ? '' : whole) : Number(digit) <= groups ? '' : whole,
  );
  const missing = /\$[1-9]/.exec(rest)?.[0];
  if (missing === '$9') return '$9 is the rest of a number, which only a rule with ^ has';
  if (missing) return `${missing} has no group ( )`;
  const wrong = [...rest].find((char) => !dialable.test(canonical(char)));
  return wrong && `“${wrong}” cannot be dialled`;
}

/** `-` and `+` are the comma and `@`; letters are upper case. */
function canonical(text: string): string {
  return text.replaceAll('-', ',').replaceAll('+', '@').toUpperCase();
}

/**
 * What would be dialled for `number` (of `parseFaxAddress`) in a mail from `source`, and why.
 * Never throws; ends after at most `maxRules` × `maxRounds` steps on 80 characters.
 */
export function applyDialPlan(plan: DialPlan, number: string, source: string): Dialling {
  const steps: DialStep[] = [];
  const refused = (reason: string): Dialling => ({ kind: 'refused', reason, steps });
  const note = (rule: Rule, effect: DialStep['effect']): void => {
    steps.push({ line: rule.line, rule: rule.text, effect, number: shown(working) });
  };
  let working = canonical(number).replaceAll('#', '~');
  let accepted = false;
  if (working.length > maxNumberLength) return refused(tooLong);
  for (const rule of plan.rules) {
    if (rule.verb === 'rw') {
      for (let round = 0; ; round++) {
        const match = matchOf(rule, working);
        if (!match) break;
        if (round >= maxRounds) return refused(`The dial plan goes in circles (line ${rule.line}).`);
        working = rule.replace.replaceAll(/\$([1-9])/g, (_, digit) => match[Number(digit)] ?? '');
        if (working.length > maxNumberLength) return refused(tooLong);
        note(rule, 'rewritten');
        if (!rule.repeat) break;
      }
    } else if (rule.source === source && matchOf(rule, working)) {
      note(rule, rule.verb === 'accept' ? 'accepted' : 'rejected');
      if (rule.verb === 'reject') return refused('The dial plan does not allow faxes to this number.');
      accepted = true;
    }
  }
  if (!accepted) return refused('The dial plan does not allow faxes to this number.');
  if (working.startsWith('@'))
    return refused(
      'The dial plan does not say how international numbers (+) are dialled; it needs a rule such as “rw^ + 00$9”.',
    );
  if (!/[0-9]/.test(working)) return refused('The dial plan leaves nothing to dial.');
  return { kind: 'accepted', number: shown(working), steps };
}

const tooLong = `The number became longer than ${maxNumberLength} characters.`;

function shown(working: string): string {
  return working.replaceAll('~', '#');
}

/** The groups by number, the rest as 9; undefined when the rule does not match. Every token is one character: no search. */
function matchOf(rule: Rule, number: string): Record<number, string> | undefined {
  const groups: Record<number, string> = {};
  let position = 0;
  let group = 0;
  let start = 0;
  for (const token of rule.search) {
    if (token.kind === 'open') {
      group++;
      start = position;
      continue;
    }
    if (token.kind === 'close') {
      groups[group] = number.slice(start, position);
      continue;
    }
    const char = number[position++];
    if (char === undefined) return undefined;
    if (token.kind === 'digit' && !/[0-9]/.test(char)) return undefined;
    if (token.kind === 'literal' && token.char !== char) return undefined;
  }
  if (!rule.prefix && position < number.length) return undefined;
  groups[9] = number.slice(position);
  return groups;
}
