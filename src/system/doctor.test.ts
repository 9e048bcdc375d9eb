import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { readConfig } from '../config/schema.ts';
import { examineSystem } from './doctor.ts';
import {
  type Finding,
  judgeCertificate,
  judgeClock,
  judgeDisk,
  judgeFonts,
  judgeGhostscript,
  judgeMemory,
  judgePort,
  judgeTemperature,
} from './findings.ts';
import { freeSpace, readHealth } from './health.ts';
import type { CertificateInfo } from './tls.ts';

const dayMs = 24 * 60 * 60_000;
const now = Date.UTC(2026, 10, 22);
const good: CertificateInfo = {
  source: 'given',
  issuer: 'Example CA',
  names: ['box.test'],
  validFrom: now - dayMs,
  validUntil: now + 90 * dayMs,
  fingerprint: 'AB:CD',
  problem: undefined,
};
const M = 1024 ** 2;

test('each judgement has its levels, its sentence, and advice where there is something to do', () => {
  const certificate = (change: Partial<CertificateInfo>, name = 'box.test'): Finding =>
    judgeCertificate({ ...good, ...change }, name, now);
  const port = { setting: 'smtp.smtp', address: '127.0.0.1', port: 25 };
  const cases: readonly (readonly [Finding, Finding['level'], RegExp])[] = [
    [judgeDisk({ free: 50 * M, total: 1000 * M }, 100 * M), 'wrong', /^50 MB of 1000 MB are free.*below 100 MB/],
    [judgeDisk({ free: 200 * M, total: 1000 * M }, 100 * M), 'note', /nearly full/],
    [judgeDisk({ free: 1.5 * 1024 * M, total: 4096 * M }, 100 * M), 'ok', /^1\.5 GB of 4\.0 GB/],
    [judgeClock(0), 'wrong', /1970-01-01 00:00 UTC, which cannot be/],
    [judgeClock(now), 'ok', /2026-11-22/],
    [certificate({}), 'ok', /2027-02-20/],
    [certificate({ names: ['*.test'] }), 'ok', /good/],
    [certificate({}, 'other.test'), 'note', /is for box\.test, not for other\.test/],
    [certificate({ validUntil: now + 3 * dayMs }), 'note', /ends in 3 days/],
    [certificate({ validUntil: now }), 'wrong', /ended on 2026-11-22/],
    [certificate({ validFrom: now + 1 }), 'wrong', /begins/],
    [certificate({ source: 'own' }), 'note', /signed by the box itself/],
    [certificate({ source: 'own', problem: 'tls/key.pem is missing' }), 'wrong', /: tls\/key\.pem is missing/],
    [judgeGhostscript('10.00.0'), 'ok', /10\.00\.0/],
    [judgeGhostscript('9.27'), 'wrong', /too old/],
    [judgeGhostscript('what?'), 'wrong', /too old/],
    [judgeGhostscript(undefined), 'wrong', /not there/],
    [judgeFonts([]), 'ok', /are there/],
    [judgeFonts(['/x.ttf']), 'wrong', /\/x\.ttf/],
    [judgeMemory({ total: 512 * M, available: 20 * M, ours: 100 * M }), 'note', /20 MB of 512 MB/],
    [judgeMemory({ total: 512 * M, available: 200 * M, ours: 100 * M }), 'ok', /uses 100 MB/],
    [judgeTemperature(undefined), 'ok', /no temperature/],
    [judgeTemperature(85.4), 'note', /85 °C/],
    [judgePort({ ...port, error: undefined }, false), 'ok', /is free/],
    [judgePort({ ...port, error: undefined }, true), 'ok', /answers/],
    [judgePort({ ...port, error: 'EADDRINUSE' }, false), 'wrong', /another program/],
    [judgePort({ ...port, error: 'EACCES' }, false), 'wrong', /by this user/],
    [judgePort({ ...port, error: 'EADDRNOTAVAIL' }, false), 'wrong', /no such address/],
    [judgePort({ ...port, error: 'ECONNREFUSED' }, true), 'wrong', /does not answer/],
  ];
  for (const [finding, level, sentence] of cases) {
    assert.equal(finding.level, level, finding.sentence);
    assert.match(finding.sentence, sentence);
    assert.equal(finding.level === 'ok', finding.advice === '', finding.sentence);
  }
});

test('health: this machine has a disk, memory, cores and a time it has been up', async () => {
  const health = await readHealth(tmpdir());
  const { free, total } = await freeSpace(tmpdir());
  assert.ok(free > 0 && free <= total && health.disk.total === total);
  assert.ok(health.memory.available > 0 && health.memory.available <= health.memory.total && health.memory.ours > 0);
  assert.ok(health.cores >= 1 && health.load.every((mean) => mean >= 0));
  assert.ok(health.uptimeMs.machine > 0 && health.uptimeMs.program > 0);
  await assert.rejects(freeSpace('/nowhere/at/all'), /ENOENT/);
});

test('the whole examination: a taken port, a missing program and font are found; a running box must answer', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const off = { enabled: false };
  const reading = readConfig({
    name: 'box.test',
    smtp: { smtp: { port }, submission: { port: 0 }, submissions: { port: 0 } },
    imap: { imap: off, imaps: off },
    pop3: { pop3: off, pop3s: off },
    panel: { http: off, https: { enabled: true, port } },
  });
  assert.ok(reading.kind === 'valid');
  const parts = {
    data: tmpdir(),
    config: reading.config,
    listening: new Map([['submission', port]]),
    now,
    certificate: good,
    fonts: ['/nowhere/x.ttf'],
  };
  const levels = async (running: boolean, ghostscript: string): Promise<Record<string, string>> => {
    const findings = await examineSystem({ ...parts, running, ghostscript });
    return Object.fromEntries(findings.map(({ id, level }) => [id, level]));
  };
  const stopped = await levels(false, '/nowhere/gs');
  assert.deepEqual(
    [stopped['port.smtp.smtp'], stopped.ghostscript, stopped.fonts, stopped.clock, stopped.certificate],
    ['wrong', 'wrong', 'wrong', 'ok', 'ok'],
  );
  assert.deepEqual(
    [stopped['port.panel.https'], stopped['port.smtp.submission'], stopped['port.smtp.submissions']],
    ['wrong', 'wrong', undefined],
    'of the ports that are left to the system only those that it has chosen are tried',
  );
  const running = await levels(true, 'gs');
  assert.deepEqual([running['port.smtp.smtp'], running.ghostscript], ['ok', 'ok']);
  server.close();
  await once(server, 'close');
  assert.equal((await levels(true, 'gs'))['port.smtp.smtp'], 'wrong');
});
