import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { machineTrouble } from './machine-trouble.ts';

/** The error that `listen` ends with. */
async function listenError(address: string, port: number): Promise<unknown> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<unknown>();
  server.on('error', resolve).listen(port, address, () => server.close(() => resolve(undefined)));
  return promise;
}

test('a port that another program has, and an address that the machine has not', async (context) => {
  const other = createServer().listen(0, '127.0.0.1');
  context.after(() => other.close());
  await new Promise((resolve) => other.on('listening', resolve));
  const { port } = other.address() as { port: number };
  assert.match(
    machineTrouble(await listenError('127.0.0.1', port)) ?? '',
    new RegExp(`^port ${port} on 127\\.0\\.0\\.1 is in use by another program: .*caselli doctor`),
  );
  // 192.0.2.0/24 is nobody's (RFC 5737).
  assert.match(machineTrouble(await listenError('192.0.2.1', 2525)) ?? '', /does not have that address/);
});

test('a database that may not be written', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-trouble-'));
  context.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'a.sqlite');
  const writer = new DatabaseSync(path);
  writer.exec('CREATE TABLE a (x)');
  writer.close();
  const reader = new DatabaseSync(path, { readOnly: true });
  context.after(() => reader.close());
  const attempt = (act: () => void): unknown => {
    try {
      return act();
    } catch (error) {
      return error;
    }
  };
  assert.match(machineTrouble(attempt(() => reader.exec('INSERT INTO a VALUES (1)'))) ?? '', /may not read or write/);
  const absent = attempt(() => new DatabaseSync(join(folder, 'absent', 'b.sqlite')));
  assert.match(machineTrouble(absent) ?? '', /may not read or write/);
  // A wrong statement is a fault of the program.
  assert.equal(machineTrouble(attempt(() => reader.exec('SELEKT'))), undefined);
});

test('files', () => {
  const error = (code: string, path?: string): Error => Object.assign(new Error(code), { code, path });
  assert.match(machineTrouble(error('EACCES', '/data/tls')) ?? '', /may not.*: \/data\/tls$/);
  assert.match(machineTrouble(error('ENOSPC')) ?? '', /^the disk is full/);
  assert.equal(machineTrouble(new TypeError('x is undefined')), undefined);
  assert.equal(machineTrouble('x'), undefined);
});
