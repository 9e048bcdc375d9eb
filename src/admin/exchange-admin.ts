import type { Raster } from '../fax/raster.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import type { DialInView, ReceivedView, SubscriberView } from './views/fax-views.ts';

/** The simulated exchange as the composition hands it over. */
export interface ExchangeControl {
  list(): readonly SubscriberView[];
  received(number: string): Promise<readonly ReceivedView[]>;
  dialIn(from: string, to: string, pages: readonly Raster[]): Promise<DialInView>;
}

/** The simulated exchange. */
export interface ExchangeAdmin {
  exchangeList(): Promise<readonly SubscriberView[]>;
  exchangeDialIn(call: { from: string; to: string; files: readonly string[] }): Promise<DialInView>;
  exchangeReceived(what: { number: string }): Promise<readonly ReceivedView[]>;
}

export interface ExchangeAdminParts {
  /** undefined when the configuration has no simulated exchange. */
  readonly exchange: ExchangeControl | undefined;
  readonly running: () => boolean;
  /** Pages of a file as a far machine would scan them; the error says why there are none. */
  readonly scan: (file: string) => Promise<readonly Raster[]>;
}

export function exchangeAdmin({ exchange, running, scan }: ExchangeAdminParts): ExchangeAdmin {
  const present = (): ExchangeControl => {
    if (exchange) return exchange;
    const advice = 'switch it on: caselli config set exchange.enabled true';
    throw new AdminError(exitCodes.unavailable, `this box has no simulated exchange; ${advice}`);
  };
  const known = (number: string): ExchangeControl => {
    const there = present();
    if (there.list().some((one) => one.number === number)) return there;
    throw new AdminError(exitCodes.noUser, `there is no number ${number}: see caselli exchange list`);
  };
  const scanned = (file: string): Promise<readonly Raster[]> =>
    scan(file).catch((error) => {
      throw new AdminError(exitCodes.data, `${file} cannot be faxed: ${(error as Error).message}`, { cause: error });
    });
  return {
    exchangeList: async () => present().list(),
    exchangeReceived: async ({ number }) => known(number).received(number),
    exchangeDialIn: async ({ from, to, files }) => {
      known(from);
      const there = known(to);
      if (!running())
        throw new AdminError(exitCodes.unavailable, 'the box is not running: start it with caselli serve');
      const pages: Raster[] = [];
      for (const file of files) pages.push(...(await scanned(file)));
      return there.dialIn(from, to, pages);
    },
  };
}
