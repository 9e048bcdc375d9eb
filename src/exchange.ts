import type { ExchangeControl } from './admin/exchange-admin.ts';
import type { CallResult } from './fax/call.ts';
import type { OpenPort } from './fax-lines/line.ts';
import { openModemPort } from './modem/open-port.ts';
import type { ModemPort } from './modem/port.ts';

/** What `app.ts` passes in of `hw/`; named here so that only it imports the simulated exchange. */
interface SimulatedExchange {
  list(): readonly { number: string; kind: string; station: string; behaviour: string; state: string }[];
  received(number: string): ReturnType<ExchangeControl['received']>;
  dialIn(call: {
    from: string;
    to: string;
    pages: Parameters<ExchangeControl['dialIn']>[2];
  }): Promise<{ result: CallResult; pagesConfirmed: number }>;
  port(number: string): ModemPort;
}

/** Opens the modem of a line, wherever it is (`FaxLineConfig.port`). */
export function portOpener(exchange: Pick<SimulatedExchange, 'port'> | undefined): OpenPort {
  return async ({ port, baud }) => {
    const simulated = /^exchange:(\d+)$/.exec(port)?.[1];
    if (simulated === undefined) return openModemPort(port, baud);
    if (!exchange) throw new Error('the simulated exchange is switched off (exchange.enabled)');
    return exchange.port(simulated);
  };
}

/** The simulated exchange in the words of the command line. */
export function exchangeControl(exchange: SimulatedExchange): ExchangeControl {
  return {
    list: () => exchange.list(),
    received: (number) => exchange.received(number),
    dialIn: async (from, to, pages) => {
      const { result, pagesConfirmed } = await exchange.dialIn({ from, to, pages });
      return { result, pagesConfirmed, text: endings[result] };
    },
  };
}

const endings: Record<CallResult, string> = {
  done: 'The fax was received.',
  busy: 'The line was busy.',
  'no-answer': 'Nobody answered.',
  'no-dial-tone': 'There was no dial tone.',
  'no-fax': 'No fax machine answered.',
  refused: 'The call was refused.',
  dropped: 'The line was lost in the call.',
  'poor-line': 'The line was too poor.',
  protocol: 'The two sides did not understand each other.',
  incompatible: 'The box cannot take such pages.',
  local: 'The calling modem failed.',
  aborted: 'The call was stopped.',
};
