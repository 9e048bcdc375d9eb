import type { Config } from '../config/schema.ts';
import { countries } from '../fax/countries.ts';
import { applyDialPlan, compileDialPlan } from '../fax/dial-plan.ts';
import { type DialPlace, madeOf, makeDialPlan } from '../fax/dial-plan-maker.ts';
import { parseFaxAddress } from '../fax/fax-address.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import type { DialPlanView, DialView } from './views/line-views.ts';

/** The dial plan. */
export interface DialAdmin {
  /** What would be dialled for a number, and by which rules. `plan`: one that is not in force; empty for the one that is. */
  dialExplain(what: { number: string; plan: string }): Promise<DialView>;
  dialPlan(): Promise<DialPlanView>;
  /** A plan for a place; nothing is changed. */
  dialPlanMake(place: DialPlace): Promise<DialPlanView>;
}

const known = countries.map(({ id }) => id);

export function dialAdmin(config: () => Config['fax']): DialAdmin {
  return {
    dialExplain: async ({ number, plan }) => explained(number, plan === '' ? config().dialPlan : plan),
    dialPlan: async () => {
      const plan = config().dialPlan;
      return { plan, place: madeOf(plan) ?? null, countries: known };
    },
    dialPlanMake: async (place) => {
      const plan = makeDialPlan(place);
      if (plan === undefined)
        throw new AdminError(
          exitCodes.data,
          'a plan needs a known country (DE), and digits as area code and for the outside',
        );
      return { plan, place, countries: known };
    },
  };
}

function explained(number: string, plan: string): DialView {
  const refused = (reason: string): DialView => ({ accepted: false, number: '', reason, begins: '', steps: [] });
  const reading = compileDialPlan(plan);
  if (reading.kind === 'invalid')
    return refused(reading.problems.map(({ line, message }) => `Line ${line} of the plan: ${message}.`).join(' '));
  const address = parseFaxAddress(`${number.trim()}@fax`);
  if (address.kind !== 'fax') return refused(address.kind === 'invalid' ? address.reason : 'This is no number.');
  const dialling = applyDialPlan(reading.plan, address.number, 'local');
  const common = { begins: address.number, steps: dialling.steps };
  return dialling.kind === 'accepted'
    ? { ...common, accepted: true, number: dialling.number, reason: '' }
    : { ...common, accepted: false, number: '', reason: dialling.reason };
}
