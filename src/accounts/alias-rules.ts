import { addressProblem, domainProblem, targetProblem } from './address-rules.ts';

/** Most targets of one alias; a larger circle is a mailing list. */
export const mostTargets = 1000;

/** @returns what is wrong with an alias, as a sentence; undefined when it will do. Name and targets are canonical. */
export function aliasProblem(name: string, targets: readonly string[]): string | undefined {
  const ofDomain = name.startsWith('@');
  const problem = ofDomain ? domainProblem(name.slice(1)) : addressProblem(name);
  if (problem) return `${JSON.stringify(name)} ${problem}`;
  if (targets.length === 0) return 'an alias needs at least one target';
  if (targets.length > mostTargets) return `an alias has ${mostTargets} targets at most`;
  for (const target of targets) {
    const wrong = targetProblem(target, ofDomain);
    if (wrong) return `${JSON.stringify(target)} ${wrong}`;
  }
  if (targets.length === 1 && targets[0] === name) return 'an alias cannot lead to itself alone';
  return undefined;
}
