import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
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

function openTls(path: string, names: string | (() => readonly string[]), clock: ManualClock): Promise<Tls> {
  return Tls.open({ folder: path, names: typeof names === 'string' ? () => [names] : names, clock });
}

function openssl(...words: readonly string[]): string {
  return execFileSync('openssl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

test('the first run makes an authority and a certificate that openssl finds good, for its eyes only', async () => {
  const clock = new ManualClock(Date.now());
  const path = folder();
  const tls = await openTls(path, () => ['Box.Office.Test', '192.0.2.7'], clock);
  const [own, authority] = [join(path, 'own.pem'), join(path, 'authority.pem')];
  for (const file of [own, authority]) assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(path)).mode & 0o777, 0o700);
  const text = openssl('x509', '-in', own, '-noout', '-text');
  assert.match(text, /Version: 3/);
  assert.match(text, /DNS:box.office.test, IP Address:192.0.2.7, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0/);
  assert.match(text, /NIST CURVE: P-256/);
  assert.match(text, /TLS Web Server Authentication/);
  assert.match(
    openssl('x509', '-in', authority, '-noout', '-text'),
    /CA:TRUE, pathlen:0[\s\S]*Certificate Sign, CRL Sign/,
  );
  const verify = ['verify', '-CAfile', authority, '-x509_strict', '-purpose', 'sslserver'];
  for (const asked of [
    ['-verify_hostname', 'box.office.test'],
    ['-verify_ip', '::1'],
    ['-verify_ip', '192.0.2.7'],
  ])
    assert.match(openssl(...verify, ...asked, own), /: OK/);
  assert.throws(() => openssl(...verify, '-verify_hostname', 'other.test', own));
  const { problem, source, names, validUntil } = tls.info();
  assert.deepEqual([problem, source, names[0]], [undefined, 'own', 'box.office.test']);
  assert.ok(validUntil - clock.now() <= 825 * dayMs);
  assert.ok(tls.authority().validUntil > clock.now() + 3600 * dayMs);
  tls.close();
  assert.equal(clock.pending, 0);
});

test('a TLS client that trusts the authority gets through, by name and by address', async () => {
  const tls = await openTls(folder(), 'b\u00fcro.test', new ManualClock(Date.now()));
  const server = createServer({ SNICallback: (_, answer) => answer(null, tls.context()), ...tls.pair() }, (socket) =>
    socket.end('hello'),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (const host of [{ servername: 'xn--bro-hoa.test' }, { host: '127.0.0.1' }]) {
    const client = connect({ port, ca: tls.authority().cert, ...host });
    const [said] = await once(client, 'data');
    assert.equal(String(said), 'hello');
    assert.equal(client.authorized, true);
    client.destroy();
  }
  server.close();
  tls.close();
});

test('it stays over restarts, and is made anew by the same authority for other names and long before its end', {
  timeout: 60_000,
}, async () => {
  const clock = new ManualClock(Date.now());
  const path = folder();
  let names = ['box.test'];
  const tls = await openTls(path, () => names, clock);
  const first = tls.info().fingerprint;
  const authority = tls.authority().fingerprint;
  tls.close();
  const again = await openTls(path, () => names, clock);
  assert.equal(again.info().fingerprint, first);
  names = ['post.test', '192.0.2.9'];
  const renamed = await again.reload();
  assert.notEqual(renamed.fingerprint, first);
  assert.deepEqual(renamed.names.slice(0, 2), ['post.test', '192.0.2.9']);
  names = ['post.test'];
  assert.equal((await again.reload()).fingerprint, renamed.fingerprint, 'a name too many does no harm');
  await clock.advance(260 * dayMs);
  assert.equal((await again.reload()).fingerprint, renamed.fingerprint);
  await clock.advance(5 * dayMs);
  // What the daily look began is before this in its turn.
  const renewed = await again.reload();
  assert.notEqual(renewed.fingerprint, renamed.fingerprint);
  assert.ok(renewed.validUntil > clock.now() + 390 * dayMs);
  assert.equal(again.authority().fingerprint, authority);
  again.close();
  const late = await openTls(path, () => names, new ManualClock(clock.now() + 3300 * dayMs));
  assert.notEqual(late.authority().fingerprint, authority, 'an authority near its end makes room for another');
  late.close();
});

/** An authority, one below it, and a server below that, by openssl. */
async function otherChain(
  name: string,
  days = 30,
): Promise<Readonly<Record<'root' | 'middle' | 'server' | 'key', string>>> {
  const path = await mkdtemp(join(top, 'chain-'));
  const at = (file: string): string => join(path, file);
  const ca = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'];
  const key = (file: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', at(file)];
  openssl(
    'req',
    '-x509',
    ...key('root.key'),
    '-out',
    at('root.pem'),
    '-subj',
    '/O=Example/CN=Root',
    '-days',
    '900',
    ...ca,
  );
  const by = (who: string) => ['-CA', at(`${who}.pem`), '-CAkey', at(`${who}.key`)];
  openssl(
    'req',
    '-x509',
    ...key('middle.key'),
    '-out',
    at('middle.pem'),
    '-subj',
    '/O=Example/CN=Middle',
    '-days',
    '800',
    ...ca,
    ...by('root'),
  );
  const server = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-days', String(days)];
  openssl(
    'req',
    '-x509',
    ...key('server.key'),
    '-out',
    at('server.pem'),
    ...server,
    '-addext',
    'basicConstraints=CA:FALSE',
    ...by('middle'),
  );
  const [root, middle, own, secret] = await Promise.all(
    ['root.pem', 'middle.pem', 'server.pem', 'server.key'].map((file) => readFile(at(file), 'utf8')),
  );
  return { root: root!, middle: middle!, server: own!, key: secret! };
}

test('a certificate that is handed in is put in order and used at once; what cannot be used is refused with the reason', async () => {
  const clock = new ManualClock(Date.now() + 60_000);
  const path = folder();
  const tls = await openTls(path, 'mail.example', clock);
  const own = tls.info().fingerprint;
  const chain = await otherChain('mail.example');
  const info = await tls.give([chain.middle, chain.key, chain.root, chain.server].join('\n'));
  assert.deepEqual([info.source, info.issuer, info.names], ['given', 'Example Middle', ['mail.example']]);
  const [one, two, three] = tls.pair().cert.match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  assert.deepEqual(
    [one, two, three].map((text) => new X509Certificate(text!).subject.split('CN=')[1]),
    ['mail.example', 'Middle', 'Root'],
  );
  const again = await openTls(path, 'mail.example', clock);
  assert.equal(again.info().fingerprint, info.fingerprint);
  again.close();

  const other = await otherChain('other.example');
  const refusals: readonly (readonly [readonly string[], RegExp])[] = [
    [[chain.server], /no private key/],
    [[chain.key], /no certificate/],
    [[chain.server, other.key], /key is not the one of the certificate \(for mail\.example\)/],
    [[chain.server, chain.root, chain.key], /chain is broken: mail\.example is signed by Example Middle.*Example Root/],
    [[other.server, other.middle, other.key], /for other\.example, and the box is called mail\.example/],
    [[chain.server, chain.key, chain.key], /more than one private key/],
    [['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', chain.key], /Certificate 1 cannot be read/],
    [['x'.repeat(300_000)], /too long/],
    [[chain.server, chain.key.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE')], /passphrase/],
  ];
  for (const [texts, reason] of refusals) await assert.rejects(tls.give(texts.join('\n')), reason);
  assert.equal(tls.info().fingerprint, info.fingerprint, 'what was refused changes nothing');

  await clock.advance(31 * dayMs);
  const ended = await tls.reload();
  assert.equal(ended.source, 'own');
  assert.match(ended.problem ?? '', /ended on/);
  await assert.rejects(tls.give([chain.server, chain.middle, chain.key].join('\n')), /ended on/);
  const back = await tls.takeBack();
  assert.deepEqual([back.source, back.problem], ['own', undefined]);
  assert.equal(back.fingerprint, own);
  tls.close();
});

for (const [kind, args] of [
  ['EC key in its older form', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout']],
  ['RSA key in its older form', ['genrsa', '-traditional']],
  ['PKCS#8 key', ['genpkey', '-algorithm', 'RSA']],
] as const)
  test(`${kind} is taken`, async () => {
    const path = await mkdtemp(join(top, 'key-'));
    const file = join(path, 'key.pem');
    openssl(...args, '-out', file);
    const cert = openssl(
      'req',
      '-x509',
      '-key',
      file,
      '-subj',
      '/CN=box.test',
      '-addext',
      'subjectAltName=DNS:box.test',
    );
    const tls = await openTls(folder(), 'box.test', new ManualClock(Date.now() + 60_000));
    assert.equal((await tls.give(cert + (await readFile(file, 'utf8')))).source, 'given');
    tls.close();
  });

test("an administrator's certificate comes first and is never written to; a broken one is named and ours serves", async () => {
  const clock = new ManualClock(Date.now() + 60_000);
  const path = folder();
  const tls = await openTls(path, 'box.test', clock);
  const own = tls.info().fingerprint;
  const ownKey = tls.pair().key;
  const [cert, key] = [join(path, 'cert.pem'), join(path, 'key.pem')];
  const subject = ['-subj', '/CN=mail.example', '-addext', 'subjectAltName=DNS:mail.example', '-days', '5'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  });
  const given = await readFile(cert);
  const info = await tls.reload();
  assert.deepEqual([info.source, info.names, info.problem], ['given', ['mail.example'], undefined]);
  assert.equal(info.fingerprint, new X509Certificate(given).fingerprint256);
  assert.deepEqual(await readFile(cert), given, 'five days before its end it is still theirs');

  await writeFile(key, ownKey);
  const mixed = await tls.reload();
  assert.equal(mixed.fingerprint, own);
  assert.match(mixed.problem ?? '', /not the one of the certificate/);
  await writeFile(cert, 'garbage');
  assert.match((await tls.reload()).problem ?? '', /cannot be used/);
  await rm(key);
  assert.match((await tls.reload()).problem ?? '', /key.pem is not/);
  tls.close();
});
