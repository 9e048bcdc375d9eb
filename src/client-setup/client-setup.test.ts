import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runProgram } from '../../test/support/run-program.ts';
import { appleProfile } from './apple-profile.ts';
import { autoconfigXml } from './autoconfig.ts';
import { askedAddress, autodiscoverError, autodiscoverXml } from './autodiscover.ts';
import { type ClientFacts, hostFor } from './facts.ts';
import type { MailService } from './mail-services.ts';

/** Judged by readers of others: xmllint for XML, Python's plistlib for property lists. */

const host = 'mail.office.test';
const services: readonly MailService[] = [
  { protocol: 'imap', security: 'tls', host, port: 993 },
  { protocol: 'imap', security: 'starttls', host, port: 143 },
  { protocol: 'pop3', security: 'tls', host, port: 995 },
  { protocol: 'submission', security: 'tls', host, port: 465 },
  { protocol: 'submission', security: 'starttls', host, port: 587 },
];
const facts: ClientFacts = {
  address: "o'neil&co@office.test",
  domain: 'office.test',
  fullName: 'Ann "A" <O\'Neil>',
  title: 'Müller & Söhne',
  services,
};

async function xpath(xml: string, path: string): Promise<string> {
  const { code, stdout, stderr } = await runProgram('xmllint', ['--xpath', path, '-'], { input: xml });
  assert.equal(code, 0, stderr);
  return stdout.toString().trim();
}

/** As Python reads it; data comes in hexadecimal. */
async function plist(xml: string): Promise<Record<string, unknown>> {
  const script =
    'import json,plistlib,sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read()), default=lambda data: data.hex()))';
  const { code, stdout, stderr } = await runProgram('/usr/bin/python3', ['-c', script], { input: xml });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout.toString());
}

test('autoconfig names every service, the best first', async () => {
  const xml = autoconfigXml(facts);
  assert.equal(await xpath(xml, 'count(//incomingServer)'), '3');
  assert.equal(await xpath(xml, 'count(//outgoingServer)'), '2');
  assert.equal(await xpath(xml, 'string(//incomingServer[1]/@type)'), 'imap');
  assert.equal(await xpath(xml, 'string(//incomingServer[1]/socketType)'), 'SSL');
  assert.equal(await xpath(xml, 'string(//incomingServer[2]/socketType)'), 'STARTTLS');
  assert.equal(await xpath(xml, 'string(//outgoingServer[2]/port)'), '587');
  assert.equal(await xpath(xml, 'string(//displayName)'), facts.title);
  assert.equal(await xpath(xml, 'string(//emailProvider/@id)'), 'office.test');
});

test('autodiscover reads the question and names one mailbox and one way out', async () => {
  const question = `<?xml version="1.0"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">
    <Request><EMailAddress> o'neil&amp;co@office.test </EMailAddress>
    <AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>`;
  assert.equal(askedAddress(question), facts.address);
  assert.equal(askedAddress('<Autodiscover/>'), undefined);
  const xml = autodiscoverXml(facts)!;
  const of = (type: string, name: string) =>
    xpath(xml, `string(//*[local-name()="Protocol"][*[local-name()="Type"]="${type}"]/*[local-name()="${name}"])`);
  assert.equal(await of('IMAP', 'Port'), '993');
  assert.equal(await of('IMAP', 'LoginName'), facts.address);
  assert.equal(await of('SMTP', 'Server'), host);
  assert.equal(await of('SMTP', 'Encryption'), 'SSL');
  assert.equal(await xpath(xml, 'string(//*[local-name()="DisplayName"])'), facts.fullName);
  const error = autodiscoverError(601, new Date(0));
  assert.equal(await xpath(error, 'string(//*[local-name()="ErrorCode"])'), '601');
});

test("Apple's profile holds account and authority, and is the same each time", async () => {
  const authority = Buffer.from('00ff10', 'hex');
  const profile = await plist(appleProfile(facts, authority)!);
  const [trust, mail] = profile.PayloadContent as Record<string, unknown>[];
  assert.equal(trust!.PayloadType, 'com.apple.security.root');
  assert.equal(trust!.PayloadContent, '00ff10');
  assert.equal(mail!.EmailAddress, facts.address);
  assert.equal(mail!.EmailAccountName, facts.fullName);
  assert.equal(mail!.IncomingMailServerPortNumber, 993);
  assert.equal(mail!.OutgoingMailServerUseSSL, true);
  assert.match(String(profile.PayloadUUID), /^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/);
  assert.equal(appleProfile(facts, authority), appleProfile(facts, authority));
  const plain = await plist(appleProfile(facts, undefined)!);
  assert.equal((plain.PayloadContent as unknown[]).length, 1);
});

test('a box without mailboxes or without submission has nothing to offer', () => {
  for (const one of ['imap', 'submission'] as const) {
    const some = { ...facts, services: services.filter(({ protocol }) => protocol === one) };
    assert.equal(autodiscoverXml(some), undefined);
    assert.equal(appleProfile(some, undefined), undefined);
  }
});

test('whatever names say, XML stays XML', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((one) => one.replaceAll(/[\p{Cc}\p{Cs}￾￿]/gu, ''));
  await fc.assert(
    fc.asyncProperty(text, text, async (title, fullName) => {
      const some = { ...facts, title, fullName };
      for (const xml of [autoconfigXml(some), autodiscoverXml(some)!, appleProfile(some, undefined)!]) {
        const { code, stderr } = await runProgram('xmllint', ['--noout', '-'], { input: xml });
        assert.equal(code, 0, stderr);
      }
    }),
    { numRuns: 15 },
  );
});

test('programs are told the name of the box where it is known everywhere, else the one that they used', () => {
  assert.equal(hostFor('mail.example.org', '192.0.2.7'), 'mail.example.org');
  assert.equal(hostFor('caselli.local', '192.0.2.7'), '192.0.2.7');
  assert.equal(hostFor('caselli.local', ''), 'caselli.local');
});
