import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type AdminApi, AdminError, exitCodes, type Output } from '../admin/admin-api.ts';
import { adminSocketPath, connectAdmin, connectSmtp, serveAdmin } from './admin-socket.ts';

async function dataFolder(context: TestContext, below = ''): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-admin-'));
  context.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, below), { recursive: true });
  return join(folder, below);
}

const noSmtp = (): void => assert.fail('no SMTP session was asked for');

test('requests, refusals and streamed content cross the socket, also below a very long path', async (context) => {
  const data = await dataFolder(context, 'deep/'.repeat(40));
  const api = {
    queueHold: async ({ id }: { id: string }) => {
      if (id !== 'known') throw new AdminError(exitCodes.noInput, `there is no message ${id}`);
    },
    sendmail: async (_what: unknown, content: AsyncIterable<Uint8Array>) => {
      let bytes = 0;
      for await (const chunk of content) bytes += chunk.length;
      return { id: String(bytes) };
    },
  } as unknown as AdminApi;
  assert.equal(await connectAdmin(data), undefined);
  const server = await serveAdmin(data, api, noSmtp);
  context.after(() => server.close());
  assert.equal((await stat(adminSocketPath(data))).mode & 0o777, 0o600);
  const box = await connectAdmin(data);
  assert.ok(box);
  assert.equal(await box.queueHold({ id: 'known' }), null);
  await assert.rejects(box.queueHold({ id: 'lost' }), { name: 'AdminError', exitCode: 66, message: /no message lost/ });
  const chunks = Array.from({ length: 300 }, () => Buffer.alloc(10_000, 'x'));
  const sent = await box.sendmail({ envelope: { reversePath: '', recipients: [] }, fullName: '' }, chunks);
  assert.deepEqual(sent, { id: '3000000' });
});

test('a refusal is heard however much content is still to come', async (context) => {
  const data = await dataFolder(context);
  const api = {
    backupVerify: async (_what: unknown, content: AsyncIterable<Uint8Array>) => {
      for await (const _chunk of content) throw new AdminError(exitCodes.data, 'this is no backup');
    },
  } as unknown as AdminApi;
  const server = await serveAdmin(data, api, noSmtp);
  context.after(() => server.close());
  const box = await connectAdmin(data);
  const source = { passphrase: '', from: '', name: '' } as const;
  const chunk = Buffer.alloc(64 * 1024);
  for (let round = 0; round < 30; round++) {
    const endless = async function* () {
      for (;;) yield chunk;
    };
    await assert.rejects(box!.backupVerify(source, endless()), { exitCode: exitCodes.data });
  }
  const stuck = async function* () {
    yield chunk;
    await new Promise(() => {});
  };
  await assert.rejects(box!.backupVerify(source, stuck()), { exitCode: exitCodes.data });
});

test('a message whose sender is killed in the middle is not taken for whole', async (context) => {
  const data = await dataFolder(context);
  const seen = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  const api = {
    sendmail: async (_what: unknown, content: AsyncIterable<Uint8Array>) => {
      try {
        for await (const _chunk of content) begun.resolve();
        seen.resolve('whole');
      } catch {
        seen.resolve('broken');
      }
      return { id: '' };
    },
  } as unknown as AdminApi;
  const server = await serveAdmin(data, api, noSmtp);
  context.after(() => server.close());
  const box = await connectAdmin(data);
  async function* half(): AsyncIterable<Uint8Array> {
    yield Buffer.from('Subject: half\r\n');
    await begun.promise;
    throw new Error('killed');
  }
  await assert.rejects(
    box!.sendmail({ envelope: { reversePath: '', recipients: [] }, fullName: '' }, half()),
    /killed/,
  );
  assert.equal(await seen.promise, 'broken');
});

test('bytes that a method hands out come at the pace of the reader, and its answer after them', async (context) => {
  const data = await dataFolder(context);
  let given = 0;
  const api = {
    backupCreate: async ({ passphrase }: { passphrase: string }, output: Output) => {
      for (; given < 400; given++) await output(Buffer.alloc(50_000, given % 256));
      if (passphrase === 'wrong') throw new AdminError(exitCodes.tempFail, 'it broke off – at the end');
      return { sizeBytes: given };
    },
  } as unknown as AdminApi;
  const server = await serveAdmin(data, api, noSmtp);
  context.after(() => server.close());
  const box = await connectAdmin(data);
  const first = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  let received = 0;
  const output: Output = async (chunk) => {
    received += chunk.length;
    first.resolve();
    await goOn.promise;
  };
  const creating = box!.backupCreate({ config: false, passphrase: '' }, output);
  await first.promise;
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(given < 300, `${given} chunks were made for a reader who takes none`);
  goOn.resolve();
  assert.deepEqual(await creating, { sizeBytes: 400 });
  assert.equal(received, 20_000_000);
  const told = { exitCode: exitCodes.tempFail, message: 'it broke off – at the end' };
  await assert.rejects(
    box!.backupCreate({ config: false, passphrase: 'wrong' }, () => {}),
    told,
  );
});

test('whoever is handed bytes and goes away ends the method; a box that ends is no whole answer', async (context) => {
  const data = await dataFolder(context);
  const ended = Promise.withResolvers<unknown>();
  const api = {
    backupCreate: async (_what: unknown, output: Output) => {
      try {
        for (;;) await output(Buffer.alloc(50_000));
      } catch (error) {
        ended.resolve(error);
        throw error;
      }
    },
    systemSupport: async (_what: unknown, output: Output) => {
      await output(Buffer.from('half'));
      await new Promise(() => {});
    },
  } as unknown as AdminApi;
  const server = await serveAdmin(data, api, noSmtp);
  const box = await connectAdmin(data);
  const full = (): void => {
    throw new Error('my disk is full');
  };
  await assert.rejects(box!.backupCreate({ config: false, passphrase: '' }, full), /my disk is full/);
  assert.match(String(await ended.promise), /went away/);
  const half = box!.systemSupport({}, () => void server.close());
  await assert.rejects(half, { exitCode: exitCodes.unavailable, message: /ended before it was done/ });
});

test('an SMTP session is handed over with all its bytes', async (context) => {
  const data = await dataFolder(context);
  const server = await serveAdmin(data, {} as AdminApi, (stream) => {
    stream.write('220 box\r\n');
    stream.on('data', (chunk) => stream.end(`250 ${chunk}`));
  });
  context.after(() => server.close());
  const stream = await connectSmtp(data);
  assert.ok(stream);
  let text = '';
  stream.write('EHLO me');
  for await (const chunk of stream) text += chunk;
  assert.equal(text, '220 box\r\n250 EHLO me');
});
