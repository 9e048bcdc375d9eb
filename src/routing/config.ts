import type { Config } from '../config/schema.ts';
import { compileDialPlan, type DialPlan } from '../fax/dial-plan.ts';

/** What routing needs of the configuration. */
export interface RoutingConfig {
  /** Full name of the box; its mail belongs to the default domain. */
  readonly name: string;
  /** Who gets mail for postmaster; empty when it was not said. */
  readonly postmaster: string;
  /** undefined when the configured one cannot be used: no fax goes out then. */
  readonly dialPlan: DialPlan | undefined;
  /** IP addresses of this box, for `user@[192.0.2.1]`. */
  readonly ownAddresses: readonly string[];
}

export function routingConfig(
  config: Pick<Config, 'name' | 'postmaster' | 'fax'>,
  ownAddresses: readonly string[] = [],
): RoutingConfig {
  const reading = compileDialPlan(config.fax.dialPlan);
  return {
    name: config.name,
    postmaster: config.postmaster,
    dialPlan: reading.kind === 'plan' ? reading.plan : undefined,
    ownAddresses,
  };
}
