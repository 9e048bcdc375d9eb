import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Client, SFTPWrapper } from 'ssh2';
import { BackupError, reasonOf } from '../backup-error.ts';
import {
  type BackupSettings,
  type Destination,
  isLeftOver,
  listLimit,
  partSuffix,
  readBackupName,
} from './destination.ts';

/** Time to connect and log in; a session whose far side is silent for three probes is ended. */
const connectMs = 30_000;
const keepAliveMs = 20_000;
const keepAliveProbes = 3;

type Settings = BackupSettings['sftp'];

/** A session with the SFTP server of the settings, closed at the end. */
export async function withSftp<T>(settings: Settings, use: (destination: Destination) => Promise<T>): Promise<T> {
  if (settings.host === '' || settings.user === '')
    throw new BackupError('settings', 'Say which SFTP server: system.backup.sftp.host and system.backup.sftp.user.');
  const client = await connected(settings);
  try {
    const sftp = await asked<SFTPWrapper>((done) => client.sftp(done));
    return await use(sftpDestination(sftp, settings));
  } catch (error) {
    throw said(settings, error);
  } finally {
    client.end();
  }
}

async function connected(settings: Settings): Promise<Client> {
  const { Client } = (await import('ssh2')).default;
  const client = new Client();
  let shown = '';
  const { host, port, user, password, privateKey, hostKey } = settings;
  try {
    await new Promise<void>((resolve, reject) => {
      client
        .on('ready', resolve)
        .on('error', reject)
        .on('close', () => reject(new Error('it closed the connection')));
      client.connect({
        host,
        port,
        username: user,
        ...(privateKey === '' ? { password } : { privateKey }),
        readyTimeout: connectMs,
        keepaliveInterval: keepAliveMs,
        keepaliveCountMax: keepAliveProbes,
        hostVerifier: (key: Buffer) => {
          shown = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
          return shown === hostKey;
        },
      });
    });
  } catch (error) {
    client.destroy();
    if (shown !== '' && shown !== hostKey) throw unknownHost(settings, shown);
    throw said(settings, error);
  }
  // Small answers would each wait for the next one.
  client.setNoDelay(true);
  // What happens to it later is told to whoever waits for an answer.
  client.on('error', () => {});
  return client;
}

function unknownHost({ host, hostKey }: Settings, shown: string): BackupError {
  if (hostKey === '')
    return new BackupError(
      'settings',
      `The SFTP server ${host} shows the key ${shown}. If its keeper says that this is right: caselli config set system.backup.sftp.hostKey ${shown}`,
    );
  return new BackupError(
    'destination',
    `The SFTP server ${host} shows another key (${shown}) than before: ask its keeper; nothing was sent.`,
  );
}

function sftpDestination(sftp: SFTPWrapper, settings: Settings): Destination {
  const at = (name: string): string => posix.join(settings.folder || '.', name);
  const files = () => asked<{ filename: string; attrs: { size: number } }[]>((done) => sftp.readdir(at(''), done));
  const remove = (name: string) => asked<void>((done) => sftp.unlink(at(name), done));
  return {
    put: async (name, content) => {
      await makeFolders(sftp, settings.folder);
      for (const { filename } of await files()) if (isLeftOver(filename, name)) await remove(filename);
      const aside = at(`${name}${partSuffix}`);
      const handle = await asked<Buffer>((done) => sftp.open(aside, 'wx', 0o600, done));
      try {
        await writeAll(sftp, handle, content);
        // Not every server can; those that can have it on their disk then.
        await asked<void>((done) => sftp.ext_openssh_fsync(handle, done)).catch(() => {});
      } finally {
        await asked<void>((done) => sftp.close(handle, done)).catch(() => {});
      }
      await asked<void>((done) => sftp.rename(aside, at(name), done));
    },
    list: async () => {
      await makeFolders(sftp, settings.folder);
      return (await files())
        .filter(({ filename }) => readBackupName(filename))
        .slice(0, listLimit)
        .map(({ filename, attrs }) => ({ name: filename, sizeBytes: attrs.size }));
    },
    read: (name) => readAll(sftp, at(name)),
    remove,
  };
}

/** Requests under way at one time, so that the way to a far server does not set the speed. */
const requestsAtOnce = 16;
/** What a server takes or gives in one request at least. */
const requestBytes = 32 * 1024;

async function writeAll(sftp: SFTPWrapper, handle: Buffer, content: AsyncIterable<Uint8Array>): Promise<void> {
  const under = new Set<Promise<void>>();
  let failed: unknown;
  let position = 0;
  for await (const chunk of content) {
    for (let from = 0; from < chunk.length; from += requestBytes) {
      const piece = Buffer.from(chunk.subarray(from, from + requestBytes));
      const start = position;
      position += piece.length;
      const write: Promise<void> = asked<void>((done) => sftp.write(handle, piece, 0, piece.length, start, done))
        .catch((error: unknown) => {
          failed ??= error;
        })
        .finally(() => under.delete(write));
      under.add(write);
      if (under.size >= requestsAtOnce) await Promise.race(under);
      if (failed) throw failed;
    }
  }
  await Promise.all(under);
  if (failed) throw failed;
}

async function* readAll(sftp: SFTPWrapper, path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const handle = await asked<Buffer>((done) => sftp.open(path, 'r', done));
  try {
    const { size } = await asked<{ size: number }>((done) => sftp.fstat(handle, done));
    const coming: Promise<Buffer>[] = [];
    for (let next = 0, given = 0; given < size; ) {
      for (; next < size && coming.length < requestsAtOnce; next += requestBytes) {
        const read = readPiece(sftp, handle, next, Math.min(requestBytes, size - next));
        // Waited for when it is its turn.
        read.catch(() => {});
        coming.push(read);
      }
      const piece = await coming.shift()!;
      given += piece.length;
      yield piece;
    }
  } finally {
    await asked<void>((done) => sftp.close(handle, done)).catch(() => {});
  }
}

/** A server may give less than it was asked for. */
async function readPiece(sftp: SFTPWrapper, handle: Buffer, from: number, length: number): Promise<Buffer> {
  const piece = Buffer.allocUnsafe(length);
  for (let have = 0; have < length; ) {
    const start = have;
    const got = await new Promise<number>((resolve, reject) => {
      sftp.read(handle, piece, start, length - start, from + start, (error, count) =>
        error ? reject(error) : resolve(count),
      );
    });
    if (got === 0) throw new Error('the file became shorter while it was read');
    have += got;
  }
  return piece;
}

async function makeFolders(sftp: SFTPWrapper, folder: string): Promise<void> {
  const parts = folder.split('/').filter((part) => part !== '' && part !== '.');
  let path = folder.startsWith('/') ? '/' : '';
  for (const part of parts) {
    path = posix.join(path, part);
    const here = path;
    const there = await asked<unknown>((done) => sftp.stat(here, done)).then(
      () => true,
      () => false,
    );
    if (!there) await asked<void>((done) => sftp.mkdir(here, { mode: 0o700 }, done));
  }
}

function asked<T>(ask: (done: (error: Error | null | undefined, answer: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => ask((error, answer) => (error ? reject(error) : resolve(answer))));
}

function said({ host }: Settings, error: unknown): unknown {
  if (error instanceof BackupError) return error;
  const { level } = error as { level?: string };
  const reason = level === 'client-authentication' ? 'it does not take this name, password or key' : reasonOf(error);
  return new BackupError('destination', `The SFTP server ${host}: ${reason}`, { cause: error });
}
