import packageJson from '../package.json' with { type: 'json' };
import type { Terminal } from './cli/command.ts';
import { runCommandLine } from './cli/run.ts';

/** The command `caselli`. The box itself is loaded only by what needs it, so that asking a running one is quick. */

/** Of the program, for `--version` and help, which look at no machine. A box goes by its image's (`productVersion`). */
const { version } = packageJson;

/** A reader that went away (`caselli queue list | head`) ends us quietly. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 74);
});

/** The log's reader went away: mail goes on. */
process.stderr.on('error', () => {});

const terminal: Terminal = {
  stdin: process.stdin,
  isInteractive: process.stdin.isTTY === true,
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
};

process.exitCode = await runCommandLine(
  process.argv.slice(2),
  {
    version,
    openData: async (data) => (await import('./app.ts')).openData(data, version),
    serve: async ({ data, demo }) => (await import('./serve.ts')).serve({ data, demo, version, terminal }),
  },
  terminal,
);
