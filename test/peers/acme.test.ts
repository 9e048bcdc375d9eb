import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RunningBox, testConfig } from '../e2e/running-box.ts';
import { freePort } from '../support/free-port.ts';
import { pebble } from '../support/pebble.ts';

/** The real box gets its certificate of a real ACME server, which asks it for the answer. */

const anyPort = { port: 0 };

test('a real ACME server is asked, looks at the panel for the answer, and every server shows what it gave', async (context) => {
  const http = await freePort();
  const name = 'box.office.test';
  const authority = await pebble(context, http, [name, 'imap.office.test']);
  // Node reads this at its start.
  process.env.NODE_EXTRA_CA_CERTS = authority.trust;
  context.after(() => delete process.env.NODE_EXTRA_CA_CERTS);
  const acme = { enabled: true, termsAgreed: true, directory: authority.directory, names: ['imap.office.test'] };
  const box = await RunningBox.start(
    context,
    testConfig({
      panel: { http: { port: http }, https: { enabled: true, ...anyPort } },
      system: { certificate: { acme } },
    }),
  );
  const { source, names } = await Promise.race([box.event('certificate.changed'), box.ended]);
  assert.deepEqual([source, names], ['acme', [name, 'imap.office.test']]);

  const folder = await mkdtemp(join(tmpdir(), 'caselli-acme-roots-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const root = join(folder, 'root.pem');
  await writeFile(root, await authority.root());
  const shown = (listener: string, ...more: string[]): string => {
    const at = `127.0.0.1:${box.listeners[listener]!.port}`;
    const words = ['s_client', '-connect', at, '-CAfile', root, '-verify_return_error', '-verify_hostname', name];
    return execFileSync('openssl', [...words, '-servername', name, ...more], {
      input: '',
      encoding: 'utf8',
      stdio: 'pipe',
    });
  };
  for (const [listener, ...more] of [
    ['imaps'],
    ['pop3s'],
    ['submissions'],
    ['https'],
    ['smtp', '-starttls', 'smtp'],
    ['imap', '-starttls', 'imap'],
    ['pop3', '-starttls', 'pop3'],
  ] as const)
    assert.match(shown(listener, ...more), /Verify return code: 0 \(ok\)/, listener);

  const view = await box.ask<{ source: string; issuer: string; acme: { state: string; nextAt: string } }>(
    'system',
    'certificate',
    'show',
  );
  assert.match(view.issuer, /Pebble/);
  assert.equal(view.acme.state, 'good');
  assert.ok(Date.parse(view.acme.nextAt) > Date.now() + 86_400_000);
  const renewed = await box.ask<{ fingerprint: string }>('system', 'certificate', 'renew');
  assert.match(renewed.fingerprint, /^[0-9A-F:]{95}$/);
  assert.match(await readFile(join(box.data, 'tls', 'acme.json'), 'utf8'), /PRIVATE KEY/);

  await box.caselli('config', 'set', 'system.certificate.acme.enabled', 'false');
  await box.event('certificate.changed', (fields) => fields.source === 'own');
});
