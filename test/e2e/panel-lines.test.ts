import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Desk } from './panel-browser.ts';

/** Fax lines and the dial plan, in a real browser before a real box with the simulated exchange. */

test('a line is tested, changed, paused, removed and added again; its modem is found', async (context) => {
  const desk = await Desk.open(context);
  const { page, box } = desk;
  await desk.go('/lines');
  const card = page.getByRole('article');
  await card.getByText('Ready', { exact: true }).waitFor();
  await desk.look('lines');

  await page.getByRole('button', { name: 'Test', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Test the modem' }).click();
  await dialog.getByText('The line works.').waitFor();
  await dialog.getByText('There is a dial tone.').waitFor();
  await dialog.getByText('What box and modem said').click();
  await dialog.getByText('AT+FCLASS=?').waitFor();
  await dialog.getByText('What box and modem said').click();
  await desk.look('line-test');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await card.getByText('Ready', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await dialog.getByLabel('Own fax number').fill('+1 555 0100');
  await dialog.getByLabel('Where the modem is').fill('nonsense');
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('Where the modem is').fill('exchange:5550100');
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await card.getByText('+1 555 0100').waitFor();

  await page.getByRole('button', { name: 'Pause faxing' }).click();
  await card.getByText('Paused: faxes wait').waitFor();
  await page.getByRole('button', { name: 'Resume faxing' }).first().click();
  await card.getByText('Ready', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('No fax line is set up yet. Plug in').waitFor();
  await desk.look('lines-none');
  await page.getByRole('button', { name: 'Add a line' }).click();
  await dialog.getByLabel('exchange:5550100').waitFor();
  await dialog.getByLabel('Own fax number').fill('5550100');
  await desk.look('line-add');
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await card.getByText('Ready', { exact: true }).waitFor();
  const [line] = await box.ask<{ id: string; port: string }[]>('config', 'get', 'fax.lines');
  assert.deepEqual([line!.id, line!.port], ['fax1', 'exchange:5550100']);
  assert.deepEqual(
    desk.trouble.filter((text) => !/status of 422/.test(text)),
    [],
  );
});

test('a dial plan is made for a country, tried before it counts, and kept; what would be dialled is told rule by rule', async (context) => {
  const desk = await Desk.open(context);
  const { page, box } = desk;
  await desk.go('/dial-plan');
  const number = page.getByLabel('A number, as people write it');
  const would = page.getByRole('button', { name: 'What would be dialled?' });
  await number.fill('+49 30 1234567');
  await would.click();
  await page.getByText('Dials 0049301234567').waitFor();

  await page.getByLabel('Country').selectOption('Germany');
  await page.getByLabel('Area code').fill('30');
  await page.getByLabel('Dialled for an outside line').fill('0');
  await page.getByRole('button', { name: 'Make the plan' }).click();
  await would.click();
  await page.getByText('Dials 0,1234567').waitFor();
  await page.getByText('Taken as +49301234567').waitFor();
  await page.getByText('becomes 0,1234567').waitFor();
  await desk.look('dial-plan');
  assert.match((await box.ask<{ number: string }>('dial', 'explain', '+49301234567')).number, /^0049/);

  await number.fill('112');
  await would.click();
  await page.getByRole('alert').getByText('Is not dialled.').waitFor();
  await page.getByLabel('Rules').fill('rw^ nonsense');
  await page.getByRole('button', { name: 'Save the plan' }).click();
  await page.getByRole('alert').getByText('line 1').waitFor();
  await page.getByRole('button', { name: 'Make the plan' }).click();
  await page.getByRole('button', { name: 'Save the plan' }).click();
  await page.getByText('The plan is in force.').waitFor();
  assert.equal((await box.ask<{ number: string }>('dial', 'explain', '+49301234567')).number, '0,1234567');
  assert.deepEqual(
    desk.trouble.filter((text) => !/status of 422/.test(text)),
    [],
  );
});
