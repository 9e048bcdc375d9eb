/**
 * The environment block of GRUB: a file of fixed size that both GRUB (`load_env`, `save_env`) and we write in place.
 *
 *     # GRUB Environment Block\n      the signature, octet for octet
 *     NAME=value\n                    in a value `\` stands before `\` and before a line end that belongs to it
 *     ####…                           to the end
 *
 * Read as GRUB 2.06 reads it (grub-core/lib/envblk.c): lines that begin with `#` are none, a last one without end is none.
 */

export const grubenvBytes = 1024;

const signature = '# GRUB Environment Block\n';

/** @returns undefined when GRUB would refuse the block too: it is no such file, or damaged */
export function parseGrubenv(block: Uint8Array): ReadonlyMap<string, string> | undefined {
  const text = Buffer.from(block).toString('latin1');
  if (!text.startsWith(signature)) return undefined;
  const variables = new Map<string, string>();
  for (const [, name, value] of text.slice(signature.length).matchAll(entry))
    if (name !== undefined) variables.set(name, value!.replaceAll(/\\([\s\S])/g, '$1'));
  return variables;
}

/** A comment to the end of its line, or a name (which may hold line ends, as GRUB reads it) and a value. */
const entry = /#[^\n]*(?:\n|$)|([^=]*)=((?:\\[\s\S]|[^\n\\])*)\n/gy;

/** @throws RangeError when they do not fit, or a name could not be read again */
export function formatGrubenv(variables: ReadonlyMap<string, string>): Uint8Array {
  let text = signature;
  for (const [name, value] of variables) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new RangeError(`${name} is no name of a variable`);
    text += `${name}=${value.replaceAll(/[\\\n]/g, '\\$&')}\n`;
  }
  const block = Buffer.from(text.padEnd(grubenvBytes, '#'), 'latin1');
  if (text.length > grubenvBytes) throw new RangeError(`the variables do not fit ${grubenvBytes} octets`);
  return block;
}
