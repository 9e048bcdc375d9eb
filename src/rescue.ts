import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from './lib/clock.ts';
import { plainPage } from './panel/plain-page.ts';
import type { BoxFacts } from './system/box.ts';
import { issueAlone } from './system/certificates/own-authority.ts';
import { consoles, consoleText, writeConsoles } from './system/console.ts';
import { Shortage } from './system/health/health-check.ts';
import { dataProbe } from './system/health/probes.ts';
import { Watchdog } from './system/health/watchdog.ts';
import { cardAddresses, readNetworkFacts } from './system/network/network-facts.ts';
import type { Privileged } from './system/privileged/operations.ts';

/**
 * A box whose data cannot be written must not take mail, and helps nobody by starting again for ever: it says on its panel
 * and its console what is wrong, and waits for a person.
 */

/** Why the data cannot be used; undefined when it can. A full disk is no such reason: it is readable and may be emptied. */
export async function rescueReason(data: string): Promise<string | undefined> {
  try {
    await dataProbe(data).run();
    return undefined;
  } catch (error) {
    return error instanceof Shortage ? undefined : (error as Error).message;
  }
}

export interface Rescue {
  readonly ports: { readonly http: number; readonly https: number };
  stop(): Promise<void>;
}

export async function openRescue(options: {
  readonly reason: string;
  readonly version: string;
  readonly clock: Clock;
  readonly facts: BoxFacts | undefined;
  readonly privileged: Privileged;
  /** Address and ports of the page. */
  readonly at: { readonly address: string; readonly http: number; readonly https: number };
}): Promise<Rescue> {
  const { reason, version, clock, facts, privileged, at } = options;
  const page = plainPage('Caselli cannot serve', [
    `The data of this box cannot be used: ${reason}.`,
    'No mail and no fax is taken until this is mended, so that nothing gets lost. Other mail servers keep theirs and try again.',
    'Switch the box off and on once: its disk is then checked. If this page comes again, the disk is worn out or broken: put in a new one, install Caselli on it, and restore your backup.',
  ]);
  const answer: RequestListener = (request, response) => {
    const [type, text] = request.url === '/ready' ? ['text/plain', 'unwell\n'] : ['text/html; charset=utf-8', page];
    response.writeHead(503, { 'Content-Type': type, 'Cache-Control': 'no-store', Connection: 'close' }).end(text);
  };
  const { server: pair } = await issueAlone(['caselli.local', 'localhost'], clock.now());
  const http = await listening(createHttpServer(answer), at.http, at.address);
  const https = await listening(createHttpsServer(pair, answer), at.https, at.address);
  const ports = { http: portOf(http), https: portOf(https) };
  // Fed: a machine that is reset again and again shows nobody what is wrong.
  const watchdog = new Watchdog({ clock, well: () => true });
  if (privileged.isBox) {
    watchdog.start();
    const openings = { open: [], local: [ports.http, ports.https], mdns: false };
    // The page is of use without it as well, from the console.
    await privileged.run('firewall.load', openings).catch(() => {});
    await showOnConsole(reason, version, facts);
  }
  return {
    ports,
    stop: async () => {
      await watchdog.stop();
      for (const server of [http, https]) {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      }
    },
  };
}

async function listening<S extends Server>(server: S, port: number, address: string): Promise<S> {
  server.listen(port, address);
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function showOnConsole(reason: string, version: string, facts: BoxFacts | undefined): Promise<void> {
  const { cards } = await readNetworkFacts();
  const addresses = cards.flatMap(({ name }) => cardAddresses(name)).map((address) => address.split('/')[0]!);
  const text = consoleText({
    name: 'a box that cannot serve',
    version,
    addresses,
    oneTimePassword: undefined,
    developmentKey: facts?.developmentKey ?? false,
    trouble: [`The data of this box cannot be used: ${reason}.`, 'No mail is taken. See the panel.'],
  });
  await writeConsoles(text, await consoles());
}
