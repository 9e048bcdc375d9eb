import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./kill-child.ts', import.meta.url));

test('killed in the middle of writing, three times: messages and counters agree, and what was written is there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-mail-log-'));
  const path = join(folder, 'mail-log.db');
  for (let round = 1; round <= 3; round++) {
    const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let [written, lines] = [0, 0];
    for await (const line of createInterface({ input: child.stdout })) {
      written = Number(line);
      // At another point of the work each time.
      if (++lines === 3 + round) child.kill('SIGKILL');
    }
    const db = new DatabaseSync(path);
    const number = (sql: string): number => Number(Object.values(db.prepare(sql).get()!)[0]);
    assert.equal(String(Object.values(db.prepare('PRAGMA integrity_check').get()!)[0]), 'ok');
    const mails = number('SELECT count(*) FROM mails');
    assert.equal(number("SELECT sum(count) FROM counts WHERE measure = 'accepted'"), mails);
    assert.equal(number('SELECT count(*) FROM recipients WHERE state = 3'), mails);
    assert.equal(number("SELECT sum(count) FROM tops WHERE list = 'sender'"), mails);
    assert.ok(mails >= written && written > 0, `${mails} of ${written}`);
    db.close();
  }
  await rm(folder, { recursive: true });
});
