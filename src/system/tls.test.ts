import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { ManualClock } from '../lib/manual-clock.ts';
import { Tls } from './tls.ts';

const dayMs = 24 * 60 * 60_000;
let top: string;
let count = 0;
before(async () => {
  top = await mkdtemp(join(tmpdir(), 'caselli-tls-'));
});
after(() => rm(top, { recursive: true }));
const folder = (): string => join(top, String(count++), 'tls');

test('the first run makes a certificate that openssl finds good, for its eyes only', async () => {
  const clock = new ManualClock(Date.now());
  const path = folder();
  const tls = await Tls.open(path, () => 'Box.Office.Test', clock);
  const file = join(path, 'self-signed.pem');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(path)).mode & 0o777, 0o700);
  const text = execFileSync('openssl', ['x509', '-in', file, '-noout', '-text'], { encoding: 'utf8' });
  assert.match(text, /Version: 3/);
  assert.match(text, /DNS:box.office.test, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1/);
  assert.match(text, /NIST CURVE: P-256/);
  assert.match(text, /TLS Web Server Authentication/);
  const verify = ['verify', '-CAfile', file, '-check_ss_sig', '-x509_strict', '-purpose', 'sslserver'];
  for (const asked of [
    ['-verify_hostname', 'box.office.test'],
    ['-verify_ip', '::1'],
    ['-verify_ip', '127.0.0.1'],
  ])
    assert.match(execFileSync('openssl', [...verify, ...asked, file], { encoding: 'utf8' }), /: OK/);
  const { problem, selfSigned, names, validUntil } = tls.info();
  assert.deepEqual([problem, selfSigned, names[0]], [undefined, true, 'box.office.test']);
  assert.ok(validUntil - clock.now() <= 825 * dayMs);
  tls.close();
  assert.equal(clock.pending, 0);
});

test('a TLS client that trusts it gets through, by name and by address', async () => {
  const tls = await Tls.open(folder(), () => 'b\u00fcro.test', new ManualClock(Date.now()));
  const server = createServer({ SNICallback: (_, answer) => answer(null, tls.context()), ...tls.pair() }, (socket) =>
    socket.end('hello'),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (const host of [{ servername: 'xn--bro-hoa.test' }, { host: '127.0.0.1' }]) {
    const client = connect({ port, ca: tls.pair().cert, ...host });
    const [said] = await once(client, 'data');
    assert.equal(String(said), 'hello');
    assert.equal(client.authorized, true);
    client.destroy();
  }
  server.close();
  tls.close();
});

test('it stays over restarts, and is made anew with the same key when the name changes or its end comes near', {
  timeout: 60_000,
}, async () => {
  const clock = new ManualClock();
  const path = folder();
  let name = 'box.test';
  const tls = await Tls.open(path, () => name, clock);
  const first = tls.info().fingerprint;
  tls.close();
  const again = await Tls.open(path, () => name, clock);
  assert.equal(again.info().fingerprint, first);
  const { key } = again.pair();
  name = 'post.test';
  const renamed = await again.reload();
  assert.notEqual(renamed.fingerprint, first);
  assert.deepEqual([renamed.names[0], again.pair().key], ['post.test', key]);
  await clock.advance(789 * dayMs);
  assert.equal(again.info().fingerprint, renamed.fingerprint);
  const changed = async (): Promise<void> => {
    while (again.info().fingerprint === renamed.fingerprint) await new Promise((resolve) => setImmediate(resolve));
  };
  await clock.advance(2 * dayMs);
  await changed();
  assert.notEqual(again.info().fingerprint, renamed.fingerprint);
  assert.ok(again.info().validUntil > clock.now() + 800 * dayMs);
  again.close();
});

test("an administrator's certificate comes first and is never written to; a broken one is named and ours serves", async () => {
  const clock = new ManualClock(Date.now());
  const path = folder();
  const tls = await Tls.open(path, () => 'box.test', clock);
  const own = tls.info().fingerprint;
  const [cert, key] = [join(path, 'cert.pem'), join(path, 'key.pem')];
  const subject = ['-subj', '/CN=mail.example', '-addext', 'subjectAltName=DNS:mail.example', '-days', '5'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  });
  const given = await readFile(cert);
  const info = await tls.reload();
  assert.deepEqual([info.selfSigned, info.names, info.problem], [false, ['mail.example'], undefined]);
  assert.equal(info.fingerprint, new X509Certificate(given).fingerprint256);
  assert.deepEqual(await readFile(cert), given, 'five days before its end it is still theirs');

  await copyFile(join(path, 'self-signed.pem'), key);
  const mixed = await tls.reload();
  assert.equal(mixed.fingerprint, own);
  assert.match(mixed.problem ?? '', /not the one of the certificate/);
  await writeFile(cert, 'garbage');
  assert.match((await tls.reload()).problem ?? '', /cannot be used/);
  await rm(key);
  assert.match((await tls.reload()).problem ?? '', /key.pem is not/);
  tls.close();
});
