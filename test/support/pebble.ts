import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { dnsServer } from './dns-server.ts';
import { freePort } from './free-port.ts';

/** Pebble, the small ACME server of Let's Encrypt: it looks for challenges itself, at a port of ours. */
export interface Pebble {
  readonly directory: string;
  /** What a client must trust to talk to it; PEM file. */
  readonly trust: string;
  /** What vouches for the certificates that it gives; PEM. */
  root(): Promise<string>;
}

/**
 * @param httpPort where it asks for challenges in place of 80
 * @param names lead to loopback; it finds no others
 */
export async function pebble(context: TestContext, httpPort: number, names: readonly string[]): Promise<Pebble> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-pebble-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const [cert, key, config] = ['cert.pem', 'key.pem', 'config.json'].map((file) => join(folder, file)) as [
    string,
    string,
    string,
  ];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key];
  execFileSync('openssl', ['req', '-x509', ...newKey, '-out', cert, ...subject], { stdio: 'ignore' });
  const [port, manage] = [await freePort(), await freePort()];
  await writeFile(
    config,
    JSON.stringify({
      pebble: {
        listenAddress: `127.0.0.1:${port}`,
        managementListenAddress: `127.0.0.1:${manage}`,
        certificate: cert,
        privateKey: key,
        httpPort,
        tlsPort: 1,
        ocspResponderURL: '',
        externalAccountBindingRequired: false,
      },
    }),
  );
  const dns = await dnsServer(context, Object.fromEntries(names.map((name) => [`A ${name}`, ['127.0.0.1']])));
  const child = spawn('pebble', ['-config', config, '-dnsserver', dns.place], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '20' },
  });
  context.after(async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'close');
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`pebble ended with ${code}`)));
    for (const input of [child.stdout, child.stderr])
      createInterface({ input }).on('line', (line) => line.includes('ACME directory available') && resolve());
  });
  return {
    directory: `https://127.0.0.1:${port}/dir`,
    trust: cert,
    root: async () =>
      execFileSync('curl', ['-s', '--cacert', cert, `https://127.0.0.1:${manage}/roots/0`], { encoding: 'utf8' }),
  };
}
