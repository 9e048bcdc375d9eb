/**
 * Undoes `format=flowed` (RFC 3676 §4): joins the lines of a paragraph, takes out space stuffing. Lines come out ended by
 * LF; quoted ones begin with their `>` and a space.
 * @param delSp the parameter `delsp=yes`: the space that marks a flowed line is not part of the text.
 */
export function unflow(text: string, delSp: boolean): string {
  const paragraphs: string[] = [];
  let open: { depth: number; pieces: string[] } | undefined;
  const close = (): void => {
    if (open) paragraphs.push(quoted(open.depth, open.pieces.join('')));
    open = undefined;
  };
  for (const line of linesOf(text)) {
    const depth = /^>*/.exec(line)![0].length;
    const unquoted = line.slice(depth);
    const content = unquoted.startsWith(' ') ? unquoted.slice(1) : unquoted;
    const signature = content === '-- ';
    if (signature || (open && open.depth !== depth)) close();
    if (!signature && content.endsWith(' ')) {
      open ??= { depth, pieces: [] };
      open.pieces.push(delSp ? content.slice(0, -1) : content);
    } else {
      open ??= { depth, pieces: [] };
      open.pieces.push(content);
      close();
    }
  }
  close();
  return paragraphs.map((paragraph) => `${paragraph}\n`).join('');
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function quoted(depth: number, text: string): string {
  return depth === 0 ? text : `${'>'.repeat(depth)} ${text}`;
}
