import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsServer } from '../../test/support/dns-server.ts';
import { checkDomain } from './check.ts';
import { dnsAsker } from './dns-asker.ts';
import { judge } from './judge.ts';
import { publicAddresses } from './public-address.ts';
import { type Facts, reverseName, wantedRecords, zoneLine } from './wanted.ts';

const services = [
  { protocol: 'imap', security: 'tls', host: 'box.office.test', port: 993 },
  { protocol: 'submission', security: 'starttls', host: 'box.office.test', port: 587 },
] as const;
const facts: Facts = {
  name: 'box.office.test',
  services,
  https: 443,
  http: 80,
  publicAddresses: ['192.0.2.7'],
  smarthost: '',
};

test('what should be published, as a zone file has it', () => {
  assert.deepEqual(
    wantedRecords('office.test', facts).map((one) => zoneLine(one)),
    [
      'office.test. 3600 IN MX 10 box.office.test.',
      'box.office.test. 3600 IN A 192.0.2.7',
      '7.2.0.192.in-addr.arpa. 3600 IN PTR box.office.test.',
      'office.test. 3600 IN TXT "v=spf1 mx ~all"',
      '_imaps._tcp.office.test. 3600 IN SRV 0 1 993 box.office.test.',
      '_submission._tcp.office.test. 3600 IN SRV 10 1 587 box.office.test.',
      'autoconfig.office.test. 3600 IN CNAME box.office.test.',
      'autodiscover.office.test. 3600 IN CNAME box.office.test.',
      '_autodiscover._tcp.office.test. 3600 IN SRV 0 1 443 box.office.test.',
    ],
  );
});

test('nothing is announced that does not work: other ports, no address, no name of the internet', () => {
  const names = (change: Partial<Facts>) =>
    wantedRecords('bücher.test', { ...facts, ...change }).map(({ name, type }) => `${type} ${name}`);
  assert.deepEqual(
    names({ https: undefined, http: 8080, services: [] }).filter((one) => /auto/.test(one)),
    [],
  );
  assert.deepEqual(
    names({ https: 8443, http: 80, services: [] }).filter((one) => /auto/.test(one)),
    ['CNAME autoconfig.xn--bcher-kva.test', 'SRV _autodiscover._tcp.xn--bcher-kva.test'],
  );
  const [, address] = wantedRecords('office.test', { ...facts, name: 'caselli-1a2b.local', publicAddresses: [] });
  assert.deepEqual([address!.name, address!.value, zoneLine(address!)], ['mail.office.test', '', '']);
  assert.match(address!.why, /enter it in the settings.*it is caselli-1a2b\.local now/);
  const [, , , spf] = wantedRecords('office.test', { ...facts, smarthost: 'smtp.provider.test' });
  assert.equal(spf!.value, 'v=spf1 mx a:smtp.provider.test ~all');
});

test('a name server says what is there: right, missing, something else', async (context) => {
  const server = await dnsServer(context, {
    'MX office.test': ['5 BOX.office.test.', '20 backup.test.'],
    'A box.office.test': ['192.0.2.7'],
    'PTR 7.2.0.192.in-addr.arpa': ['host-7.provider.test.'],
    'TXT office.test': ['site-verification=1', 'v=spf1 +mx -all'],
    'SRV _imaps._tcp.office.test': ['0 0 993 box.office.test.'],
    'A autoconfig.office.test': ['192.0.2.7'],
    'CNAME autodiscover.office.test': ['elsewhere.test.'],
  });
  const check = () => checkDomain('office.test', facts, dnsAsker([server.place]));
  const found = await check();
  assert.deepEqual(
    found.map(({ type, name, state }) => `${type} ${name} ${state}`),
    [
      'MX office.test right',
      'A box.office.test right',
      'PTR 7.2.0.192.in-addr.arpa other',
      'TXT office.test right',
      'SRV _imaps._tcp.office.test right',
      'SRV _submission._tcp.office.test missing',
      'CNAME autoconfig.office.test right',
      'CNAME autodiscover.office.test other',
      'SRV _autodiscover._tcp.office.test missing',
    ],
  );
  assert.deepEqual(found[2]!.found, ['host-7.provider.test.']);
  assert.deepEqual(found[3]!.found, ['v=spf1 +mx -all']);
});

test('without a name server nothing is claimed', async (context) => {
  const server = await dnsServer(context, {});
  const port = server.place.split(':')[1]!;
  // Nobody listens there on the next address: refused at once.
  const states = (await checkDomain('office.test', facts, dnsAsker([`127.0.0.2:${port}`]))).map(({ state }) => state);
  assert.deepEqual(new Set(states), new Set(['unknown']));
});

test('SPF: one record, with what lets this box or its smarthost send', () => {
  const record = (smarthost: string) =>
    wantedRecords('office.test', { ...facts, smarthost }).find(({ type }) => type === 'TXT')!;
  const direct = (...texts: string[]) => judge(record(''), texts);
  assert.equal(direct('v=spf1 mx -all'), 'right');
  assert.equal(direct('v=spf1 include:elsewhere.test -all'), 'other');
  assert.equal(direct('v=spf1 mx -all', 'v=spf1 a -all'), 'other');
  assert.equal(direct('something else'), 'missing');
  const through = (...texts: string[]) => judge(record('smtp.provider.test'), texts);
  assert.equal(through('v=spf1 include:_spf.provider.test ~all'), 'right');
  assert.equal(through('v=spf1 mx a:smtp.provider.test ~all'), 'right');
  assert.equal(through('v=spf1 mx -all'), 'other');
});

test('addresses: names of both families; which ones the world sees', () => {
  assert.equal(reverseName('192.0.2.7'), '7.2.0.192.in-addr.arpa');
  assert.equal(
    reverseName('2001:db8::567:89ab'),
    'b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
  );
  assert.deepEqual(publicAddresses([], ['192.168.1.5', '10.0.0.1', 'fe80::1', 'fd00::1']), []);
  assert.deepEqual(publicAddresses([], ['192.168.1.5', '203.0.113.9', '2001:db8::5']), ['203.0.113.9', '2001:db8::5']);
  assert.deepEqual(publicAddresses(['198.51.100.1'], ['203.0.113.9']), ['198.51.100.1']);
});
