import { constants } from 'node:fs';
import { open, readFile, realpath } from 'node:fs/promises';
import { basename } from 'node:path';

/** Something of fixed size that is written in place: a partition, GRUB's environment block; in tests an ordinary file. */
export interface RawFile {
  readonly sizeBytes: number;
  /** @throws Error when there is less */
  read(at: number, length: number): Promise<Buffer>;
  write(at: number, bytes: Uint8Array): Promise<void>;
  /** Resolves when all that was written is on stable storage. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export type OpenRaw = (path: string) => Promise<RawFile>;

/** Opens what is there for reading and writing; makes nothing. */
export async function openRaw(path: string): Promise<RawFile> {
  const handle = await open(path, constants.O_RDWR);
  try {
    const status = await handle.stat();
    const sizeBytes = status.isBlockDevice() ? await deviceBytes(path) : status.size;
    return {
      sizeBytes,
      read: async (at, length) => {
        const bytes = Buffer.allocUnsafe(length);
        for (let done = 0; done < length; ) {
          const { bytesRead } = await handle.read(bytes, done, length - done, at + done);
          if (bytesRead === 0) throw new Error(`${path} ends at ${at + done}`);
          done += bytesRead;
        }
        return bytes;
      },
      write: async (at, bytes) => {
        for (let done = 0; done < bytes.length; )
          done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
      },
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The kernel counts in sectors of 512 octets, whatever the disk has. */
async function deviceBytes(path: string): Promise<number> {
  const sectors = await readFile(`/sys/class/block/${basename(await realpath(path))}/size`, 'utf8');
  return Number(sectors) * 512;
}
