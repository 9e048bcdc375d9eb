import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { walk } from '../../image/tree.ts';
import { builtImage, flashed, withKernelWords } from './built-image.ts';
import { boxAddress, boxPorts, Machine } from './machine.ts';
import { Neighbour, neighbours } from './neighbour.ts';
import { assertSeenFromOutside } from './seen-from-outside.ts';
import { judgeSsh } from './ssh-login.ts';

/** A slow machine with other work beside: what is measured is printed, not judged by time. */
const readyMs = 240_000;
const MB = 1e6;

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

test('the image built twice is the same, byte for byte, and small', async (context) => {
  const first = await builtImage('qemu-x86_64');
  // The same options said twice: another folder, and everything anew.
  const second = await builtImage('qemu-x86_64', ['--compression', '1']);
  for (const file of ['squashfs', 'disk', 'bill', 'initramfs'] as const)
    assert.equal(await sha256(first[file]), await sha256(second[file]), file);
  const { size } = await stat(first.squashfs);
  context.diagnostic(
    `system ${(size / MB).toFixed(1)} MB packed quickly; disk ${((await stat(first.disk)).size / MB).toFixed(0)} MB`,
  );
  assert.ok(size < 130 * MB, `${size} bytes`);
  await rm(join(second.squashfs, '..'), { recursive: true });
});

test('the bill of materials says of each part version, licence and hash, and what libvips was made of', async () => {
  const { bill, tree } = await builtImage('qemu-x86_64');
  const { components } = JSON.parse(await readFile(bill, 'utf8')) as { components: BillEntry[] };
  for (const { purl, version, licenses, hashes } of components) {
    assert.ok(version && licenses[0]?.license.name, purl);
    assert.match(hashes[0]?.content ?? '', /^(?:[0-9a-f]{64}|[0-9a-f]{128})$/, purl);
  }
  const named = (name: string): BillEntry | undefined => components.find((one) => one.name === name);
  for (const name of ['libc6', 'busybox-static', 'ghostscript', 'nftables', 'fastify']) assert.ok(named(name), name);
  assert.equal(named('node')?.hashes[0]?.content, await sha256(join(tree, 'usr/bin/node')));
  assert.ok(named('@img/sharp-libvips-linux-x64')?.components?.some(({ name }) => name === 'tiff'));
});

interface BillEntry {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses: readonly { readonly license: { readonly name: string } }[];
  readonly hashes: readonly { readonly content: string }[];
  readonly components?: readonly { readonly name: string }[];
}

/** Keys that everybody knows, in libraries; none of them is used. */
const published = [
  // Of its self-tests.
  { where: /libgnutls\.so/, begins: '' },
  // smtp-server's, for programs that give it no certificate.
  { where: /^usr\/lib\/caselli\/[^/]+\.js$/, begins: 'MIIEpAIBAAKCAQEA6Z5Qqhw' },
];

test('no secret is in the image, and nobody can log in', async () => {
  const { tree } = await builtImage('qemu-x86_64');
  const secret = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\r?\n([A-Za-z0-9+/=]{40,})\r?\n/g;
  const found: string[] = [];
  for await (const path of walk(tree)) {
    const file = join(tree, path);
    const state = await stat(file).catch(() => undefined);
    if (!state?.isFile() || state.size > 20 * MB) continue;
    for (const [, start] of (await readFile(file, 'latin1')).matchAll(secret))
      if (!published.some(({ where, begins }) => where.test(path) && start!.startsWith(begins))) found.push(path);
    assert.equal(state.mode & 0o6000, 0, `${path} has more rights than who runs it`);
  }
  assert.deepEqual(found, []);
  for (const line of (await readFile(join(tree, 'etc/shadow'), 'utf8')).trim().split('\n'))
    assert.match(line, /^[^:]+:!:/, 'a password that can be given');
  assert.deepEqual(await readdir(join(tree, 'data')), []);
});

/** Seconds until the box is ready, as a clock and as the processors saw it. */
async function startOf(machine: Machine, how: string): Promise<string> {
  const seconds = await machine.ready(readyMs);
  return `ready after ${seconds.toFixed(1)} s, ${(await machine.cost()).toFixed(1)} s of processor (${how})`;
}

/** What answers on the box from outside: the port's number or nothing. */
async function open(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    // QEMU takes the connection itself; the box's refusal comes as its end.
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => socket.write('\r\n'));
    socket.on('data', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
    socket.setTimeout(10_000, () => {
      resolve(true);
      socket.destroy();
    });
  });
}

test('BIOS: from power-on to ready; who runs as what, what listens, how much memory is used', async (context) => {
  const { disk } = await builtImage('qemu-x86_64');
  const machine = await Machine.make(context, { start: { by: 'bios' }, wire: true });
  const neighbour = await Neighbour.join(context, machine.wireSocket, Object.values(neighbours));
  const debug = join(machine.folder, 'debug.img');
  await withKernelWords(disk, 'box.debug=hvc0', debug);
  await flashed(debug, machine.disk);
  await machine.switchOn();
  context.diagnostic(await startOf(machine, 'BIOS, GRUB, TCG with 2 processors'));
  const memory = await machine.shell('free -m');
  const [, total, used, , , , available] = /Mem:\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)/.exec(memory) ?? [];
  context.diagnostic(
    `memory: ${Number(total) - Number(available)} MB of ${total} MB in use (${used} MB by programs and kernel)`,
  );
  const processes = (await machine.shell("ps -o pid,user,rss,args | grep -v '\\[.*\\]$'")).split('\n').slice(1);
  for (const line of processes) context.diagnostic(line);
  // Root is init and the helper: its listener, and itself for the moment of a request. (rc.boot is this test's own door.)
  const helper = /(?:socat UNIX-LISTEN:\/run\/caselli\/helper\.sock|caselli\/helper\.js)/;
  const root = processes.filter((line) => /^\s*\d+ root /.test(line) && !/rc\.boot|\bps\b|grep/.test(line));
  assert.deepEqual(
    root.filter((line) => !/ init$/.test(line) && !helper.test(line)),
    [],
  );
  assert.ok(root.some((line) => / init$/.test(line)) && root.some((line) => helper.test(line)));
  assert.doesNotMatch(processes.join('\n'), /systemd/);
  const listening = (await machine.shell('netstat -lntu')).split('\n').flatMap((line) => {
    const [protocol, , , address = ''] = line.trim().split(/\s+/);
    return /^(tcp|udp)/.test(protocol!) && !/^(127\.|::1:)/.test(address)
      ? [`${protocol!.slice(0, 3)} ${address.split(':').at(-1)}`]
      : [];
  });
  const meant = [...boxPorts.map((port) => `tcp ${port}`), 'udp 5353'];
  context.diagnostic(`listens: ${[...new Set(listening)].toSorted().join(', ')}`);
  assert.deepEqual(
    [...new Set(listening)].filter((one) => !meant.includes(one)),
    [],
    'something listens that should not',
  );
  for (const port of boxPorts) assert.ok(await open(machine.port(port)), `port ${port} does not answer`);
  await neighbour.find(neighbours.office, boxAddress);
  // QEMU's network leads nowhere, and its DHCP server names no gateway: this station is it.
  await machine.shell(`ip route add default via ${neighbours.office}`);
  await assertSeenFromOutside(context, neighbour);
  assert.match(await machine.shell('df -P /data | tail -n 1'), /\s1[34]\d{5}\s/, 'the data partition fills the disk');
  await judgeSsh(machine);
});

test('UEFI: from power-on to ready, as a PC with a SATA disk', async (context) => {
  const { disk } = await builtImage('generic-x86_64');
  const machine = await Machine.make(context, { start: { by: 'uefi' }, bus: 'sata' });
  await flashed(disk, machine.disk);
  await machine.switchOn();
  context.diagnostic(await startOf(machine, 'UEFI, GRUB, SATA'));
});

test('arm64: from a kernel given directly to ready', async (context) => {
  const built = await builtImage('qemu-aarch64');
  const machine = await Machine.make(context, {
    architecture: 'aarch64',
    start: {
      by: 'kernel',
      kernel: built.kernel,
      initramfs: built.initramfs,
      arguments: 'console=ttyAMA0 panic=10 quiet box.slot=A',
    },
  });
  await flashed(built.disk, machine.disk);
  await machine.switchOn();
  context.diagnostic(await startOf(machine, 'arm64, kernel given directly'));
});
