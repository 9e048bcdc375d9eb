import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, isIPv4, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { octetsOf } from '../../src/system/network/prefix.ts';
import {
  addressText,
  etherTypes,
  groupMac,
  type Packet,
  readFrame,
  readPacket,
  writeFrame,
  writePacket,
} from '../support/packet.ts';

/**
 * Addresses of one station: in the networks of the box, by which it is of the office, and of somebody far away, whose packets
 * come as through a gateway. QEMU's network gives each host an address of fec0::/64.
 */
export const neighbours = {
  office: '10.0.2.77',
  office6: 'fec0::77',
  link6: 'fe80::77',
  far: '203.0.113.7',
  far6: '2001:db8::7',
} as const;

/** Locally administered, as QEMU's own are not. */
const mac = Buffer.from([0x02, 0, 0, 0, 0x77, 0x01]);
const everybody = Buffer.alloc(6, 0xff);
const ethernetMost = 1514;
/** Before the length of each frame on the socket. */
const lengthOctets = 4;

/** A TCG box beside other work answers within that. */
const answerMs = 5000;
const tries = 4;

const arp = { request: 1, reply: 2 } as const;
/** RFC 792, RFC 4443, RFC 4861. */
const icmp4 = { echoReply: 0, echo: 8 } as const;
const icmp6 = { echo: 128, echoReply: 129, solicit: 135, advertise: 136 } as const;
const allNodes = 'ff02::1';

/**
 * A station on the box's Ethernet (`MachineOptions.wire`), that says what it likes from whatever addresses it likes: it
 * answers for all of them when somebody looks for them (ARP, RFC 826; neighbour discovery, RFC 4861). The segment is a hub,
 * so that it also hears what the box sends to the gateway. Only what the box itself has sent counts.
 */
export class Neighbour {
  readonly #addresses: ReadonlySet<string>;
  readonly #listeners = new Set<(packet: Packet) => void>();
  /** Who has an address, by the address. */
  readonly #replies = new EventEmitter<Record<string, [Buffer]>>();
  #socket: Socket | undefined;
  #boxMac: Buffer = everybody;
  #left: Buffer = Buffer.alloc(0);
  #echoes = 0;

  private constructor(addresses: readonly string[]) {
    this.#addresses = new Set(addresses);
  }

  /**
   * Is there before the machine is switched on, as QEMU wants it: it connects once, at its start. (QEMU 7.2 that listens
   * itself ends with a fault when there is traffic before somebody has come.)
   * @param addresses of this station, IPv4 and IPv6
   */
  static async join(context: TestContext, socketPath: string, addresses: readonly string[]): Promise<Neighbour> {
    const neighbour = new Neighbour(addresses);
    const server = createServer((socket) => neighbour.#plugIn(socket)).listen(socketPath);
    context.after(() => {
      neighbour.#socket?.destroy();
      server.close();
    });
    await once(server, 'listening');
    return neighbour;
  }

  #plugIn(socket: Socket): void {
    this.#socket = socket;
    this.#left = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    // When the machine is off there is nobody to hear; who waits for an answer sees that.
    socket.on('error', () => {});
  }

  /** Looks for the box on the segment, as it must be before anything is sent to it. */
  async find(from: string, box: string): Promise<void> {
    for (let n = 0; n < tries; n += 1) {
      const found = once(this.#replies, box, { signal: AbortSignal.timeout(answerMs) }) as Promise<[Buffer]>;
      this.#write([arpFrame(arp.request, { to: everybody, asked: Buffer.from(octetsOf(box)), from })]);
      const answer = await found.catch(() => undefined);
      if (!answer) continue;
      this.#boxMac = answer[0];
      return;
    }
    assert.fail(`nobody on the wire has the address ${box}`);
  }

  send(...packets: readonly Packet[]): void {
    this.#write(
      packets.map((packet) => {
        const isGroup = isIPv4(packet.to) ? octetsOf(packet.to)[0]! >> 4 === 0xe : packet.to.startsWith('ff');
        const to = isGroup ? groupMac(packet.to) : this.#boxMac;
        const type = isIPv4(packet.to) ? etherTypes.ip4 : etherTypes.ip6;
        return writeFrame({ to, from: mac, type, payload: writePacket(packet) });
      }),
    );
  }

  /** Hears what the box sends, until it is disposed of. */
  listen(listener: (packet: Packet) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** The first thing that the box sends and `match` takes; nothing when it has not come in time. */
  expect<T>(match: (packet: Packet) => T | undefined, withinMs: number): Promise<T | undefined> {
    return new Promise((resolve) => {
      const done = (value: T | undefined): void => {
        clearTimeout(timer);
        listening[Symbol.dispose]();
        resolve(value);
      };
      const timer = setTimeout(done, withinMs, undefined);
      const listening = this.listen((packet) => {
        const value = match(packet);
        if (value !== undefined) done(value);
      });
    });
  }

  /**
   * Waits for the echo of the box. Its card has one queue each way and its kernel answers in order: what the kernel has to
   * say to all that was sent before has been heard then.
   */
  async echo(from: string, to: string): Promise<void> {
    this.#echoes += 1;
    const body = Buffer.alloc(8);
    body.writeUInt32BE(this.#echoes, 4);
    const [type, reply] = isIPv4(to) ? [icmp4.echo, icmp4.echoReply] : [icmp6.echo, icmp6.echoReply];
    for (let n = 0; n < tries; n += 1) {
      this.send({ kind: 'icmp', from, to, hopLimit: 64, type, code: 0, body });
      const came = (one: Packet) =>
        (one.kind === 'icmp' && one.to === from && one.type === reply && one.body.equals(body)) || undefined;
      if (await this.expect(came, answerMs)) return;
    }
    assert.fail(`the box at ${to} sends no echo to ${from}`);
  }

  /** The address of the box that answers when all stations are asked from `from`: one of the same scope. */
  async findBox6(from: string): Promise<string> {
    for (let n = 0; n < tries; n += 1) {
      this.send({ kind: 'icmp', from, to: allNodes, hopLimit: 255, type: icmp6.echo, code: 0, body: Buffer.alloc(4) });
      const answered = (one: Packet) =>
        one.kind === 'icmp' && one.to === from && one.type === icmp6.echoReply ? one.from : undefined;
      const address = await this.expect(answered, answerMs);
      if (address !== undefined) return address;
    }
    assert.fail(`the box does not answer ${from}`);
  }

  #write(frames: readonly Buffer[]): void {
    const sized = frames.flatMap((frame) => {
      const length = Buffer.alloc(lengthOctets);
      length.writeUInt32BE(frame.length);
      return [length, frame];
    });
    this.#socket?.write(Buffer.concat(sized));
  }

  #take(chunk: Buffer): void {
    const octets = Buffer.concat([this.#left, chunk]);
    let at = 0;
    while (octets.length - at >= lengthOctets) {
      const length = octets.readUInt32BE(at);
      assert.ok(length <= ethernetMost, `a frame of ${length} octets`);
      const end = at + lengthOctets + length;
      if (end > octets.length) break;
      this.#hear(octets.subarray(at + lengthOctets, end));
      at = end;
    }
    this.#left = octets.subarray(at);
  }

  #hear(octets: Buffer): void {
    const frame = readFrame(octets);
    if (frame?.type === etherTypes.arp) this.#hearArp(frame.payload);
    const packet = frame && readPacket(frame.payload);
    if (!packet) return;
    if (packet.kind === 'icmp' && packet.type === icmp6.solicit) this.#answerSolicitation(packet, frame.from);
    if (!frame.from.equals(this.#boxMac)) return;
    for (const listener of [...this.#listeners]) listener(packet);
  }

  #hearArp(payload: Buffer): void {
    const [operation, hardware, address] = [payload.readUInt16BE(6), payload.subarray(8, 14), payload.subarray(14, 18)];
    const asked = addressText(payload.subarray(24, 28));
    if (operation === arp.reply) this.#replies.emit(addressText(address), hardware);
    else if (this.#addresses.has(asked))
      this.#write([arpFrame(arp.reply, { to: hardware, asked: address, from: asked })]);
  }

  #answerSolicitation({ from, body }: Packet & { readonly kind: 'icmp' }, to: Buffer): void {
    const asked = body.subarray(4, 20);
    const source = addressText(asked);
    if (!this.#addresses.has(source)) return;
    // Solicited, overrides; with the link-layer address as its option.
    const answer = Buffer.concat([Buffer.from([0x60, 0, 0, 0]), asked, Buffer.from([2, 1]), mac]);
    const payload = writePacket({
      kind: 'icmp',
      from: source,
      to: from,
      hopLimit: 255,
      type: icmp6.advertise,
      code: 0,
      body: answer,
    });
    this.#write([writeFrame({ to, from: mac, type: etherTypes.ip6, payload })]);
  }
}

/** ARP for IPv4 over Ethernet (RFC 826). */
function arpFrame(operation: number, { to, asked, from }: { to: Buffer; asked: Buffer; from: string }): Buffer {
  const head = Buffer.from([0, 1, 8, 0, 6, 4, 0, operation]);
  const payload = Buffer.concat([head, mac, Buffer.from(octetsOf(from)), to, asked]);
  return writeFrame({ to, from: mac, type: etherTypes.arp, payload });
}
