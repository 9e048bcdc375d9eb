import { type Answer, type Question, readResponse, recordTypes, writeQuery } from '../support/dns-message.ts';
import type { Neighbour } from './neighbour.ts';

const group = '224.0.0.251';
const group6 = 'ff02::fb';
export const mdnsPort = 5353;
/** Between two queries (RFC 6762 §5.2). */
const againMs = 1000;

/** Asks all stations of the segment (multicast DNS, RFC 6762), until there is an answer to each question or the time is over. */
export async function askLocalNames(
  neighbour: Neighbour,
  { from, questions, withinMs }: { readonly from: string; readonly questions: readonly Question[]; withinMs: number },
): Promise<readonly Answer[]> {
  const to = from.includes(':') ? group6 : group;
  const heard: Answer[] = [];
  const isAnswered = ({ name, type }: Question): boolean =>
    heard.some((one) => one.type === recordTypes[type] && one.name.toLowerCase() === name.toLowerCase());
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    const open = questions.filter((one) => !isAnswered(one));
    if (open.length === 0) break;
    const query = { from, to, hopLimit: 255, sourcePort: mdnsPort, port: mdnsPort, data: writeQuery(open) };
    neighbour.send({ kind: 'udp', ...query });
    await neighbour.expect((packet) => {
      if (packet.kind !== 'udp' || packet.sourcePort !== mdnsPort || packet.to !== to) return undefined;
      heard.push(...(readResponse(packet.data) ?? []));
      return open.every(isAnswered) || undefined;
    }, againMs);
  }
  return heard;
}
