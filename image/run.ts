import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Output that a tool may print. */
const outputLimitBytes = 64 * 1024 * 1024;

/** Runs a tool. @returns standard output. @throws with what it said on standard error when it fails */
export async function run(
  command: string,
  parameters: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  try {
    const env = { ...process.env, LC_ALL: 'C', ...options.env };
    return (await execute(command, [...parameters], { ...options, env, maxBuffer: outputLimitBytes })).stdout;
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
    throw new Error(`${command} ${parameters.join(' ')}\n${stderr || stdout || String(error)}`, { cause: error });
  }
}

/** Runs a tool that reads `input`. */
export function runWith(input: string | Uint8Array, command: string, parameters: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C' } });
    const chunks: Buffer[] = [];
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(Buffer.concat(chunks)) : reject(new Error(`${command} ended with ${code}: ${complaint}`)),
    );
    child.stdin.end(input);
  });
}
