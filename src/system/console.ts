import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';

/** What the box shows on its screen and serial console. */
export interface ConsoleFacts {
  readonly name: string;
  readonly version: string;
  readonly addresses: readonly string[];
  /** Shown until the administrator has set a password. */
  readonly oneTimePassword: string | undefined;
  readonly developmentKey: boolean;
  /** What is wrong; empty when nothing is. */
  readonly trouble: readonly string[];
}

/** Lines for people who stand before the box. */
export function consoleText({ name, version, addresses, ...facts }: ConsoleFacts): string {
  const panel = addresses.map((address) => `https://${address.includes(':') ? `[${address}]` : address}/`);
  const lines = [
    `Caselli ${version} on ${name}`,
    panel.length > 0 ? `Panel: ${panel.join('  ')}` : 'No network address yet: is the cable plugged in?',
    ...(facts.oneTimePassword === undefined ? [] : [`One-time password: ${facts.oneTimePassword}`]),
    ...(facts.developmentKey
      ? ['A development image: it takes updates that were signed with the development key.']
      : []),
    ...facts.trouble,
  ];
  return `\r\n${lines.map((line) => line.replaceAll(/[^\x20-\x7e]/g, '?')).join('\r\n')}\r\n\r\n`;
}

/** The consoles of the kernel, so that nothing is ever written to a port with a modem. @returns paths */
export async function consoles(active = '/sys/class/tty/console/active'): Promise<string[]> {
  const names = (await readFile(active, 'utf8').catch(() => '')).trim().split(/\s+/);
  // tty0 is whichever screen is shown; the box shows the first.
  return names.filter((name) => /^tty[A-Z]*\d+$/.test(name)).map((name) => `/dev/${name === 'tty0' ? 'tty1' : name}`);
}

/** Writes to every console; one that cannot be written is passed over, and a slow one is not waited for. */
export async function writeConsoles(text: string, paths: readonly string[]): Promise<void> {
  await Promise.all(
    paths.map(async (path) => {
      try {
        const handle = await open(path, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
        try {
          await handle.write(text);
        } finally {
          await handle.close();
        }
      } catch {
        // There is no such screen, or nobody takes its characters.
      }
    }),
  );
}
