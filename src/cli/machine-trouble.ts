/**
 * What the machine refuses, in a sentence with what to do: these are no faults of the program, and a stack helps nobody.
 * @returns undefined for everything else.
 */
export function machineTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, path, address, port, errcode } = error as MachineError;
  if (syscall === 'listen') return portTrouble(code, `port ${port} on ${address}`);
  // The low octet is the primary result code (https://sqlite.org/rescode.html).
  if (code === 'ERR_SQLITE_ERROR') return databaseTroubles[(errcode ?? 0) & 0xff];
  const words = fileTroubles[code ?? ''];
  return words && `${words}${path === undefined ? '' : `: ${path}`}`;
}

interface MachineError extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
  readonly errcode?: number;
}

function portTrouble(code: string | undefined, where: string): string | undefined {
  if (code === 'EADDRINUSE')
    return `${where} is in use by another program: stop that one, or give Caselli another port (caselli doctor names the setting)`;
  if (code === 'EACCES') return `${where} may not be opened by this user: run as root, or use a port above 1023`;
  if (code === 'EADDRNOTAVAIL') return `${where} cannot be opened: this machine does not have that address`;
  return undefined;
}

const noRight = 'this user may not read or write a file of the data folder; give it to the user who runs Caselli';
const noSpace = 'the disk is full: make room, then try again';

const fileTroubles: Readonly<Record<string, string>> = {
  EACCES: noRight,
  EPERM: noRight,
  EROFS: 'the data folder is on a file system that is read-only',
  ENOSPC: noSpace,
  EDQUOT: noSpace,
  ENOTDIR: 'a file stands where a folder of the data is to be',
  EEXIST: 'a file stands where a folder of the data is to be',
};

const databaseTroubles: Readonly<Record<number, string>> = {
  3: noRight,
  8: noRight,
  10: 'the disk does not read or write as it should: look at the messages of the system (dmesg)',
  13: noSpace,
  14: noRight,
};
