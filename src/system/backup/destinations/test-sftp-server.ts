import { spawn } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import ssh2 from 'ssh2';

/** An SSH server for tests, in front of OpenSSH's own sftp-server, which does the files. */
export interface TestSftp {
  readonly port: number;
  /** As the settings want it. */
  readonly hostKey: string;
  /** Ends all connections, as a line that breaks. */
  breakAll(): void;
  close(): Promise<void>;
}

export const sftpServerProgram = '/usr/lib/openssh/sftp-server';
export const login = { user: 'backup', password: 'p4ss' };

/** @param folder where sessions begin */
export async function openTestSftp(folder: string): Promise<TestSftp> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  const open = new Set<ssh2.Connection>();
  const server = new ssh2.Server({ hostKeys: [key] }, (connection) => {
    open.add(connection);
    connection.on('close', () => open.delete(connection)).on('error', () => {});
    connection.on('authentication', (asked) => {
      const right = asked.method === 'password' && asked.username === login.user && asked.password === login.password;
      if (right) asked.accept();
      else asked.reject(['password']);
    });
    connection.on('session', (accept) => {
      accept().on(
        'subsystem',
        (acceptSubsystem: () => ssh2.ServerChannel, _reject: unknown, { name }: { name: string }) => {
          if (name !== 'sftp') throw new Error(`asked for ${name}`);
          const channel = acceptSubsystem();
          const child = spawn(sftpServerProgram, ['-d', folder, '-e'], { stdio: ['pipe', 'pipe', 'ignore'] });
          child.stdin.on('error', () => {});
          channel.pipe(child.stdin);
          child.stdout.pipe(channel);
          channel.on('close', () => child.kill());
        },
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  const digest = createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '');
  return {
    port,
    hostKey: `SHA256:${digest}`,
    breakAll: () => {
      for (const connection of open) connection.end();
    },
    close: () =>
      new Promise((resolve) => {
        for (const connection of open) connection.end();
        server.close(() => resolve());
      }),
  };
}
