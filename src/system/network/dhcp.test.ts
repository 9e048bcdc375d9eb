import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

/**
 * The script of the image's DHCP client, run by its busybox in a network of its own: one cable, whose other end has a DHCP
 * server or has none.
 */
const script = fileURLToPath(new URL('../../../image/overlay/usr/lib/caselli/udhcpc.script', import.meta.url));
const cable = 'ip link set lo up; ip link add a0 type veth peer name b0; ip link set b0 up; ip link set a0 up;';
const confined =
  spawnSync('unshare', ['-rn', 'sh', '-c', cable]).status !== 0 && 'no networks of one own can be made on this machine';

interface Network {
  readonly folder: string;
  /** Runs commands with the cable in place; `ask` asks for an address once. @returns what they say */
  run(commands: string): string;
  file(name: string): Promise<string>;
}

async function network(context: TestContext): Promise<Network> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-dhcp-'));
  context.after(() => rm(folder, { recursive: true }));
  // The programs that the image has, and no others.
  const programs = join(folder, 'bin');
  await mkdir(programs);
  for (const name of ['ip', 'arping', 'sed', 'grep', 'tr', 'mv', 'head'])
    await symlink('/usr/bin/busybox', join(programs, name));
  const text = (await readFile(script, 'utf8'))
    .replace('#!/bin/sh', '#!/usr/bin/busybox sh')
    .replace(/^export PATH=.*$/m, `export PATH=${programs}`)
    .replaceAll('/run/dhcp/', `${folder}/`)
    .replaceAll('/run/etc/', `${folder}/`);
  await writeFile(join(folder, 'script'), text);
  await chmod(join(folder, 'script'), 0o755);
  return {
    folder,
    run: (commands) => {
      const ask = `ask() { busybox udhcpc -f -i a0 -s ${folder}/script -T 1 "$@" >&2; }`;
      const { stdout, stderr, status } = spawnSync('unshare', ['-rn', 'sh', '-c', `${cable} ${ask}; ${commands}`], {
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
      return stdout;
    },
    file: (name) => readFile(join(folder, name), 'utf8'),
  };
}

/** A server on the other end, which tells more than it should. */
async function server(folder: string, more = ''): Promise<string> {
  const lines = [
    'start 192.168.77.20',
    'end 192.168.77.20',
    'interface b0',
    'max_leases 1',
    `lease_file ${folder}/leases`,
  ];
  const options = [
    'opt subnet 255.255.255.0',
    'opt router 192.168.77.1',
    'opt dns 192.168.77.1 192.168.77.2',
    'opt lease 100',
  ];
  await writeFile(join(folder, 'udhcpd.conf'), `${[...lines, ...options, more].join('\n')}\n`);
  await writeFile(join(folder, 'leases'), '');
  return `ip addr add 192.168.77.1/24 dev b0; busybox udhcpd -f ${folder}/udhcpd.conf >&2 & server=$!`;
}

test('without a server the card takes an address of its own choice, the same each time', {
  skip: confined,
}, async (context) => {
  const { run, file } = await network(context);
  const fixedCard = 'ip link set a0 down; ip link set a0 address 52:54:00:12:34:56; ip link set a0 up';
  const commands = `${fixedCard}; ask -n -t 1 || ip -f inet addr show dev a0`;
  const said = run(commands);
  assert.match(said, /inet 169\.254\.53\.86\/16 /);
  assert.equal(await file('lease'), 'state link-local\ninterface a0\naddress 169.254.53.86/16\n');
  assert.equal(run(commands), said);
});

test('a lease sets address, router and name servers, in the place of the own choice', {
  skip: confined,
}, async (context) => {
  const { folder, run, file } = await network(context);
  const said = run(
    `ask -n -t 1; ${await server(folder)}; ask -q -t 20; kill $server; ip -f inet addr show dev a0; ip -f inet route show dev a0`,
  );
  assert.match(said, /inet 192\.168\.77\.20\/24 brd 192\.168\.77\.255 /);
  assert.doesNotMatch(said, /169\.254/);
  assert.match(said, /^default via 192\.168\.77\.1/m);
  assert.equal(await file('resolv.conf'), 'nameserver 192.168.77.1\nnameserver 192.168.77.2\n');
  const lease = [
    'state bound',
    'interface a0',
    'address 192.168.77.20/24',
    'gateway 192.168.77.1',
    'dns 192.168.77.1',
    'dns 192.168.77.2',
    'server 192.168.77.1',
  ];
  assert.deepEqual((await file('lease')).trim().split('\n'), lease);
});

test('what a server says is taken as an address or not at all', { skip: confined }, async (context) => {
  const { folder, run, file } = await network(context);
  const said = run(
    `interface=a0 ip=10.1.2.3 mask=24 router='$(touch ${folder}/evil) 10.1.2.1' dns='1.1.1.1;rm 10.1.2.2' serverid=';' ` +
      `${folder}/script bound; ip -f inet route show dev a0; interface=a0 ip='10.1.2.4 dev lo' mask=8 ${folder}/script bound || echo refused`,
  );
  assert.match(said, /^default via 10\.1\.2\.1/m);
  assert.match(said, /refused/);
  assert.equal(await file('resolv.conf'), 'nameserver 10.1.2.2\n');
  await assert.rejects(file('evil'), { code: 'ENOENT' });
});

test('a lease that is over leaves no address behind', { skip: confined }, async (context) => {
  const { folder, run } = await network(context);
  const said = run(
    `interface=a0 ip=10.1.2.3 mask=24 ${folder}/script bound; interface=a0 ${folder}/script deconfig; ip -f inet addr show dev a0`,
  );
  assert.doesNotMatch(said, /inet /);
});
