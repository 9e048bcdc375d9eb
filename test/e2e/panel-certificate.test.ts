import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from '../support/run-program.ts';
import { Desk } from './panel-browser.ts';

/** The certificate of the box in a real browser; openssl and curl say whether it holds. */

test('the certificate is shown, one is handed in, refused, used at once and taken back', async (context) => {
  const desk = await Desk.open(context);
  const { box, page } = desk;
  const folder = await mkdtemp(join(tmpdir(), 'caselli-certificate-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  await desk.go('/certificate');
  await page.getByText('signed by the authority of this box').waitFor();
  await page.getByText('iPhone and iPad').click();
  await desk.look('certificate');

  const { address, port } = box.listeners.http!;
  const der = await runProgram('curl', ['-si', `http://${address}:${port}/ca.crt`]);
  assert.match(der.stdout.toString('latin1'), /^HTTP\/1\.1 200[\s\S]*application\/x-x509-ca-cert/i);
  const ca = join(folder, 'ca.pem');
  await writeFile(ca, (await box.caselli('system', 'certificate', 'authority')).out);
  const plain = await runProgram('curl', ['-s', '-H', 'Host: elsewhere.test', `http://${address}:${port}/ca.crt`]);
  execFileSync('openssl', ['x509', '-inform', 'der', '-checkend', '300000000'], { input: plain.stdout, stdio: 'pipe' });
  const shown = (trust: string): string => {
    const at = `127.0.0.1:${box.listeners.imaps!.port}`;
    const words = ['s_client', '-connect', at, '-CAfile', trust, '-verify_hostname', 'box.office.test'];
    return execFileSync('openssl', [...words, '-servername', 'box.office.test'], {
      input: '',
      encoding: 'utf8',
      stdio: 'pipe',
    });
  };
  assert.match(shown(ca), /Verify return code: 0 \(ok\)/);

  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const make = (name: string): void =>
    void execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '9'],
        ...['-subj', `/O=Other/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
      ],
      { stdio: 'ignore' },
    );
  const files = page.getByLabel('Files');
  const use = page.getByRole('button', { name: 'Use this certificate' });
  make('other.test');
  await files.setInputFiles([cert, key]);
  await use.click();
  await page.getByText('is for other.test, and the box is called box.office.test').waitFor();
  await page.getByLabel('or their text').fill('');
  make('box.office.test');
  await files.setInputFiles([key, cert]);
  await use.click();
  await page.getByText('Servers use it at once').waitFor();
  await page.getByText('handed in by an administrator').waitFor();
  assert.equal(await page.getByLabel('or their text').inputValue(), '', 'the key does not stay on the screen');
  assert.match(shown(cert), /Verify return code: 0 \(ok\)/);

  await page.getByRole('button', { name: 'Back to the own certificate' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Back to the own certificate' }).click();
  await page.getByText('signed by the authority of this box').waitFor();
  assert.match(shown(ca), /Verify return code: 0 \(ok\)/);
  assert.deepEqual(
    desk.trouble.filter((text) => !/status of 422/.test(text)),
    [],
  );
});
