import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hiddenSecret, settingsOf, withoutSecrets, withSecrets } from './secrets.ts';

/** Settings whose name sounds secret and which are not. */
const publicOnes = new Set(['system.ssh.keys.*', 'system.backup.sftp.hostKey', 'smtp.requireTlsForLogin']);
const sounds = /pass(?:word|phrase|wd)|secret|token|credential|key|\bpin\b/i;

test('whatever setting sounds like a secret is marked as one', () => {
  const settings = settingsOf();
  assert.ok(settings.length > 100, 'the walk found the settings');
  const forgotten = settings.filter(({ path, secret }) => sounds.test(path) && !secret && !publicOnes.has(path));
  assert.deepEqual(forgotten, []);
  const secrets = settings.filter(({ secret }) => secret).map(({ path }) => path);
  assert.ok(secrets.includes('outbound.smarthost.password'));
  assert.ok(secrets.includes('system.backup.passphrase'));
  assert.ok(secrets.includes('system.backup.sftp.privateKey'));
});

test('a document without its secrets keeps the rest', () => {
  const document = {
    name: 'box.office.test',
    outbound: { smarthost: { host: 'mail.example', user: 'u', password: 'p4ss-w0rd' } },
    fax: { lines: [{ id: 'line1', port: 'serial:/dev/ttyS0' }], deliverTo: ['a@office.test'] },
    system: { backup: { passphrase: 'correct horse battery', sftp: { password: '', privateKey: 'KEY' } } },
    invented: { password: 'nobody knows this' },
  };
  assert.deepEqual(withoutSecrets(document), {
    name: 'box.office.test',
    outbound: { smarthost: { host: 'mail.example', user: 'u', password: hiddenSecret } },
    fax: { lines: [{ id: 'line1', port: 'serial:/dev/ttyS0' }], deliverTo: ['a@office.test'] },
    system: { backup: { passphrase: hiddenSecret, sftp: { password: '', privateKey: hiddenSecret } } },
  });
});

test('parts of a document lose their secrets too, and get them back when they are written as they were shown', () => {
  const backup = { keep: 3, passphrase: 'correct horse battery' };
  const shown = { keep: 3, passphrase: hiddenSecret };
  assert.deepEqual(withoutSecrets(backup, 'system.backup'), shown);
  assert.equal(withoutSecrets('correct horse battery', 'system.backup.passphrase'), hiddenSecret);
  assert.deepEqual(withSecrets({ ...shown, keep: 4 }, 'system.backup', backup), { ...backup, keep: 4 });
  assert.deepEqual(withSecrets({ keep: 4, passphrase: '' }, 'system.backup', backup), { keep: 4, passphrase: '' });
  assert.equal(withSecrets(hiddenSecret, 'system.backup.passphrase', backup.passphrase), backup.passphrase);
});
