import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { boardButtons } from '../../src/system/buttons/board-buttons.ts';
import { boardLights } from '../../src/system/lights/board-document.ts';
import type { Board } from './board.ts';
import { boardDocument, boards } from './index.ts';

const all = Object.values(boards);

function modulesOf(board: Board): string[] {
  const drivers = board.network.flatMap((card) => card.drivers);
  const firmware = board.firmware.map((files) => files.module);
  return [...board.modules, ...board.startModules, ...board.watchdog.modules, ...drivers, ...firmware];
}

test('the boards that the image is made for are all there, each in the file of its name', () => {
  const names = ['generic-x86_64', 'pcengines-apu', 'qemu-aarch64', 'qemu-x86_64', 'rpi4', 'rpi5'];
  assert.deepEqual(Object.keys(boards).toSorted(), names);
  for (const name of names) assert.ok(existsSync(new URL(`${name}.ts`, import.meta.url)), name);
});

for (const board of all)
  test(`${board.name} is complete`, () => {
    assert.notEqual(board.title, '');
    assert.ok(board.network.length > 0, 'a network card');
    assert.ok(board.network.every(({ name, drivers }) => /^eth\d$/.test(name) && drivers.length > 0));
    assert.ok(board.watchdog.modules.length > 0, 'a watchdog');
    assert.ok(board.watchdog.longestSeconds >= 15, 'it is fed each ten seconds');
    assert.ok(board.console.length > 0);
    for (const word of board.console) assert.match(word, /^console=tty[A-Z0-9a-z]+(,\d+)?$/);
    for (const word of board.kernelArguments) assert.match(word, /^[\w.]+=[\w.,-]+$/);
    for (const { files } of board.firmware) assert.doesNotMatch(files, /^\/|\.\./);
    for (const { holdSeconds } of board.buttons) assert.ok(holdSeconds >= 0);
    for (const button of board.buttons.filter(({ does }) => does === 'factory-reset'))
      assert.ok(button.holdSeconds >= 5, 'data is not erased by a touch');
  });

test('the kernel writes to no connector that a modem is on', () => {
  for (const board of all) {
    const written = board.console.map((word) => `/dev/${/=(\w+)/.exec(word)![1]}`);
    for (const { device, purpose } of board.serial)
      assert.equal(written.includes(device), purpose === 'console', `${board.name} ${device}`);
  }
});

test('what stands twice stands there once: devices, lights, panels, memory', () => {
  for (const board of all)
    for (const list of [
      board.serial.map(({ device }) => device),
      board.panel.map(({ usb }) => usb),
      board.lights.map(({ name }) => name),
      board.network.map(({ name }) => name),
      board.fromMemory,
      [...board.modules, ...board.startModules],
    ])
      assert.equal(new Set(list).size, list.length, `${board.name}: ${list}`);
});

test('the program understands every light', () => {
  for (const board of all)
    assert.deepEqual(boardLights(JSON.parse(JSON.stringify(boardDocument(board)))), board.lights, board.name);
  for (const name of ['../power', '..', '.hidden', '', 'a/b'])
    assert.throws(() => boardLights({ lights: [{ name, shows: 'busy' }] }), name);
});

test('the program understands every button, and each key does one thing', () => {
  for (const board of all) {
    const read = boardButtons(JSON.parse(JSON.stringify(boardDocument(board))));
    assert.deepEqual(
      read.map(({ input, does, holdMs }) => ({ input, does, holdMs })),
      board.buttons.map(({ input, does, holdSeconds }) => ({ input, does, holdMs: holdSeconds * 1000 })),
    );
    const keys = read.map(({ input, key }) => `${input} ${key}`);
    assert.equal(new Set(keys).size, keys.length, board.name);
    if (read.length > 0 && board.kernel === 'debian') assert.ok(board.modules.includes('evdev'), board.name);
  }
});

test('front panels have a USB id in the form of the kernel; a plain serial adapter is one on emulated boards only', () => {
  for (const board of all) {
    for (const { usb } of board.panel) assert.match(usb, /^[0-9a-f]{4}:[0-9a-f]{4}$/);
    const plain = board.panel.some(({ usb }) => usb === '0403:6001');
    assert.equal(plain, board.name.startsWith('qemu-'), board.name);
  }
});

test("Debian's kernel has the modules that are named (kernel-modules.txt)", () => {
  const recorded = readFileSync(new URL('kernel-modules.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' '));
  const architectures = new Map(recorded.map(([name, ...found]) => [name, found]));
  for (const board of all.filter(({ kernel }) => kernel === 'debian')) {
    const architecture = board.architecture === 'x86_64' ? 'amd64' : 'arm64';
    for (const name of modulesOf(board))
      assert.ok(architectures.get(name)?.includes(architecture), `${board.name}: ${name}`);
  }
});

test('what was never started says so, and says what it is based on', () => {
  for (const board of all.filter(({ tested }) => tested === 'never-here')) assert.notDeepEqual(board.fromMemory, []);
  for (const name of ['qemu-x86_64', 'qemu-aarch64']) assert.equal(boards[name]!.tested, 'each-build');
});

test('board.json tells the running system all it needs, and survives JSON', () => {
  for (const board of all) {
    const document = boardDocument(board);
    assert.deepEqual(JSON.parse(JSON.stringify(document)), document);
    assert.equal(document.name, board.name);
  }
  const { name, watchdog, serial, panel } = boardDocument(boards['qemu-x86_64']!);
  assert.equal(name, 'qemu-x86_64');
  assert.deepEqual(watchdog.modules, ['i6300esb']);
  assert.equal(serial.find(({ purpose }) => purpose === 'modem')?.device, '/dev/ttyS1');
  assert.match(JSON.stringify(panel[0], null, 2), /"usb": "0403:6001"/);
});
