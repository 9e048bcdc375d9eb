import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readConfig } from '../config/schema.ts';
import { mayLogIn } from './client.ts';
import { ConnectionLimits } from './connection-limits.ts';
import { mailParameters, rcptParameters } from './esmtp-parameters.ts';
import { inNetworks, isLoopback } from './networks.ts';
import { parsePathCommand } from './path.ts';
import { SmtpError } from './smtp-error.ts';
import { completeHeader } from './submission-header.ts';

test('paths: what is taken, and how it is kept', () => {
  const address = (line: string): string | undefined => parsePathCommand('RCPT', line)?.address;
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['RCPT TO:<alice@Office.Test>', 'alice@office.test'],
    ['rcpt  to: <alice@office.test> NOTIFY=NEVER', 'alice@office.test'],
    ['RCPT TO:<@a.example,@b.example:alice@office.test>', 'alice@office.test'],
    ['RCPT TO:<"al ice"@office.test>', '"al ice"@office.test'],
    ['RCPT TO:<"a>b\\"c"@office.test>', '"a>b\\"c"@office.test'],
    ['RCPT TO:<"alice"@office.test>', 'alice@office.test'],
    ['RCPT TO:<a@xn--bcher-kva.example>', 'a@b\u00fccher.example'],
    ['RCPT TO:<a@[192.0.2.1]>', 'a@[192.0.2.1]'],
    ['RCPT TO:<a@[IPv6:2001:DB8::1]>', 'a@[IPv6:2001:db8::1]'],
    ['RCPT TO:<5551234@fax-lowres-cover>', '5551234@fax-lowres-cover'],
    ['RCPT TO:<postMaster>', 'postmaster'],
    ['RCPT TO:<>', undefined],
    ['RCPT TO:<alice>', undefined],
    ['RCPT TO:<alice@office.test>X=1', undefined],
    ['RCPT TO:<alice@office.test> =1', undefined],
    ['RCPT TO:<alice@office.test> A=b=c', undefined],
    ['RCPT TO:<a@b@c>', undefined],
    ['RCPT TO:<a@office.test', undefined],
    ['MAIL FROM:<a@office.test>', undefined],
  ];
  for (const [line, wanted] of cases) assert.equal(address(line), wanted, line);
  assert.equal(parsePathCommand('MAIL', 'MAIL FROM:<>')?.address, '');
  assert.equal(parsePathCommand('RCPT', `RCPT TO:<a@b.example>${' X=1'.repeat(21)}`), undefined);
});

test('whatever follows the verb is read or refused, never thrown over', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom('MAIL FROM:<', 'RCPT TO:<a@b.c> '),
      (tail, start) => {
        const verb = start.startsWith('MAIL') ? 'MAIL' : 'RCPT';
        const argument = parsePathCommand(verb, start + tail);
        if (!argument) return;
        try {
          (verb === 'MAIL' ? mailParameters : rcptParameters)(argument);
        } catch (error) {
          assert.ok(error instanceof SmtpError);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('xtext comes back as what was encoded (RFC 3461 \u00a74)', () => {
  const printable = fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(printable, (text) => {
      const xtext = text.replaceAll(
        /[^!-*,-<>-~]/g,
        (one) => `+${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
      );
      const argument = parsePathCommand('MAIL', `MAIL FROM:<> ENVID=${xtext}`)!;
      assert.equal(mailParameters(argument).envelopeId, text);
    }),
  );
});

test('networks: single addresses, blocks, both families', () => {
  const networks = ['192.0.2.0/24', '2001:db8::/32', '10.1.2.3'];
  for (const inside of ['192.0.2.255', '2001:db8:ffff::1', '10.1.2.3'])
    assert.equal(inNetworks(inside, networks), true);
  for (const outside of ['192.0.3.0', '2001:db9::1', '10.1.2.4', '::1', ''])
    assert.equal(inNetworks(outside, networks), false);
  assert.equal(isLoopback('127.8.9.10') && isLoopback('::1') && !isLoopback('192.0.2.1'), true);
});

test('a password may be said under TLS, on loopback, or where the configuration allows it', () => {
  const reading = readConfig({});
  assert.ok(reading.kind === 'valid');
  const { smtp } = reading.config;
  assert.equal(mayLogIn({ remote: '192.0.2.1', tls: false }, smtp), false);
  assert.equal(mayLogIn({ remote: '192.0.2.1', tls: true }, smtp), true);
  assert.equal(mayLogIn({ remote: '127.0.0.1', tls: false }, smtp), true);
  assert.equal(mayLogIn({ remote: '192.0.2.1', tls: false }, { ...smtp, requireTlsForLogin: false }), true);
});

test('connections are counted in all and by client, and given back once', () => {
  const limits = new ConnectionLimits(() => ({ maxConnections: 3, maxConnectionsPerClient: 2 }));
  const one = limits.admit('a');
  assert.ok(typeof one === 'function' && typeof limits.admit('a') === 'function');
  assert.match(String(limits.admit('a')), /your address/);
  assert.equal(typeof limits.admit('b'), 'function');
  assert.match(String(limits.admit('c')), /too many connections/);
  one();
  one();
  assert.equal(typeof limits.admit('c'), 'function');
  assert.equal(typeof limits.admit('d'), 'string');
});

test("a mail program's header: what is missing is added, blind copies go, all else stays", () => {
  const now = { at: Date.UTC(2026, 0, 5, 9), id: 'x1', name: 'box.test' };
  const complete = (header: string): string => Buffer.from(completeHeader(Buffer.from(header), now)).toString();
  assert.equal(
    complete('Subject: a\r\nBCC: x@y,\r\n z@y\r\nX: 1\r\n'),
    'Subject: a\r\nX: 1\r\nDate: Mon, 05 Jan 2026 09:00:00 +0000\r\nMessage-ID: <x1@box.test>\r\nTo: undisclosed-recipients:;\r\n',
  );
  const whole = 'Date: x\r\nMessage-Id: <y>\r\nCC: z@y\r\n';
  assert.equal(complete(whole), whole);
});
