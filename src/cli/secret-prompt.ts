import type { Terminal } from './command.ts';

const longest = 1024;

/** Asks on the terminal for something that must not be shown; ends at Enter. @returns '' when the terminal ends */
export async function askSecret(question: string, terminal: Terminal): Promise<string> {
  const input = process.stdin;
  terminal.error(question);
  input.setRawMode(true);
  try {
    let text = '';
    for await (const chunk of terminal.stdin) {
      for (const character of Buffer.from(chunk).toString('utf8')) {
        if (character === '\r' || character === '\n' || character === '\u0004') return text;
        if (character === '\u0003') process.kill(process.pid, 'SIGINT');
        else if (character === '\u007f' || character === '\b') text = [...text].slice(0, -1).join('');
        else if (text.length < longest) text += character;
      }
    }
    return text;
  } finally {
    input.setRawMode(false);
    terminal.error('\n');
  }
}
