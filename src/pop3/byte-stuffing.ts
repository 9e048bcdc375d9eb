const dot = 0x2e;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * A message as a multi-line response (RFC 1939 §3): dots at the start of lines doubled, a last line without end completed,
 * and `.` alone at the close. Chunk by chunk.
 * @param bodyLines stops after so many lines of the body (TOP); the header always goes whole.
 */
export async function* byteStuffed(
  content: AsyncIterable<Uint8Array>,
  bodyLines: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<Uint8Array> {
  let state: LineState = { lineStart: true, lastOctet: lineFeed, emptyLine: true, inBody: false, linesLeft: bodyLines };
  for await (const chunk of content) {
    const [stuffed, next] = stuff(chunk, state);
    state = next;
    yield stuffed;
    if (state.inBody && state.linesLeft <= 0) break;
  }
  yield Buffer.from(state.lineStart ? '.\r\n' : state.lastOctet === carriageReturn ? '\n.\r\n' : '\r\n.\r\n');
}

interface LineState {
  readonly lineStart: boolean;
  readonly lastOctet: number;
  /** Nothing but CR since the start of the line. */
  readonly emptyLine: boolean;
  readonly inBody: boolean;
  readonly linesLeft: number;
}

function stuff(chunk: Uint8Array, before: LineState): [Uint8Array, LineState] {
  let { lineStart, lastOctet, emptyLine, inBody, linesLeft } = before;
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (let at = 0; at < chunk.length && !(inBody && linesLeft <= 0); ) {
    if (lineStart && chunk[at] === dot) {
      pieces.push(chunk.subarray(from, at), Buffer.from('.'));
      from = at;
    }
    const feed = chunk.indexOf(lineFeed, at);
    const end = feed < 0 ? chunk.length : feed + 1;
    const lineOctets = (feed < 0 ? end : feed) - at;
    emptyLine = (lineStart || emptyLine) && (lineOctets === 0 || (lineOctets === 1 && chunk[at] === carriageReturn));
    lastOctet = chunk[end - 1]!;
    lineStart = feed >= 0;
    at = end;
    if (!lineStart) continue;
    if (inBody) linesLeft--;
    else inBody = emptyLine;
    emptyLine = true;
    if (inBody && linesLeft <= 0) {
      pieces.push(chunk.subarray(from, at));
      return [Buffer.concat(pieces), { lineStart, lastOctet, emptyLine, inBody, linesLeft }];
    }
  }
  pieces.push(chunk.subarray(from));
  return [Buffer.concat(pieces), { lineStart, lastOctet, emptyLine, inBody, linesLeft }];
}
