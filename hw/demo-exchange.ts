import { createExchange, type Exchange, type ExchangeOptions } from './exchange/exchange.ts';
import { clearLine } from './line/circuit.ts';

/** The line that the box has in the demo. */
export const demoLine = '5550100';

/** How much faster than a telephone network the demo is. */
export const demoSpeedFactor = 20;

/** The exchange of the demo: the line of the box, and far stations that show one behaviour each. */
export function demoExchange(options: ExchangeOptions): Exchange {
  const exchange = createExchange(options);
  exchange.addLine(demoLine, { name: 'CASELLI DEMO' });
  exchange.addStation('5550199', { stationId: 'OFFICE SUPPLY CO', name: 'OFFICE SUPPLY CO' });
  exchange.addStation('5550111', { name: 'BUSY BUREAU', behaviour: { answer: 'busy' } });
  exchange.addStation('5550112', { name: 'CLOSED SHOP', behaviour: { answer: 'no-answer' } });
  exchange.addStation('5550113', { name: 'AUNT EMMA', behaviour: { answer: 'voice' } });
  exchange.addStation('5550114', {
    stationId: '+1 555 0114',
    name: 'STORMY COAST',
    behaviour: { quality: { ...clearLine, drop: { page: 2, when: 'during' } } },
  });
  exchange.addStation('5550115', {
    stationId: '+1 555 0115',
    name: 'OLD MILL',
    behaviour: { quality: { ...clearLine, failedTrainings: 1, noisyPages: [{ page: 1, attempts: 1 }] } },
  });
  return exchange;
}
