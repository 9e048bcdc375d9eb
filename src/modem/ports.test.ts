import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockDevice, PortBusyError } from './lock-file.ts';
import { openModemPort } from './open-port.ts';
import { openSerialPort } from './serial-port.ts';
import { openTcpPort } from './tcp-port.ts';

test('a lock file names this process and goes away with it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'lock-'));
  t.after(() => rm(folder, { recursive: true }));
  const unlock = await lockDevice('/dev/pts/7', folder);
  assert.equal(await readFile(join(folder, 'LCK..pts_7'), 'latin1'), `${String(process.pid).padStart(10)}\n`);
  await assert.rejects(lockDevice('/dev/pts/7', folder), PortBusyError);
  await unlock();
  assert.deepEqual(await readdir(folder), []);
});

test('a living holder is honoured, a dead one or a broken file is not', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'lock-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'LCK..ttyS0');
  await writeFile(path, `${String(process.ppid).padStart(10)}\n`);
  await assert.rejects(lockDevice('/dev/ttyS0', folder), PortBusyError);
  // Above the greatest pid of Linux.
  for (const stale of ['   5000000\n', `${process.pid}\n`, 'garbage', '', Buffer.from([0x40, 0x4b, 0x4c, 0])]) {
    await writeFile(path, stale);
    await (await lockDevice('/dev/ttyS0', folder))();
  }
  assert.deepEqual(await readdir(folder), []);
});

test('a TCP port carries octets both ways and tells when the server goes', async (t) => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port: number } = server.address() as AddressInfo;
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const port = await openTcpPort('127.0.0.1', number);
  const [far] = await accepted;
  const got = once(far, 'data');
  await port.write(Uint8Array.of(0x41, 0x10, 0xff));
  assert.deepEqual([...((await got)[0] as Buffer)], [0x41, 0x10, 0xff]);
  const came = new Promise<Uint8Array>((resolve) => {
    port.onBytes(resolve);
  });
  far.write(Buffer.from([0, 0x11, 0x13]));
  assert.deepEqual([...(await came)], [0, 0x11, 0x13]);
  const closed = new Promise<Error | undefined>((resolve) => {
    port.onClosed(resolve);
  });
  far.destroy();
  assert.ok((await closed) instanceof Error);
  await port.setDtr(false);
  await assert.rejects(port.write(Uint8Array.of(1)));
  await port.close();
});

test('a port that is not there is an error, not a crash', async () => {
  await assert.rejects(openSerialPort('/dev/no-such-modem', 38_400));
  await assert.rejects(openTcpPort('127.0.0.1', 1));
  assert.ok(!(await readdir('/var/lock')).includes('LCK..no-such-modem'));
  await assert.rejects(openModemPort('exchange:5550100', 38_400), /no port of this box/);
  await assert.rejects(openModemPort('tcp:[::1]:1', 38_400));
});
