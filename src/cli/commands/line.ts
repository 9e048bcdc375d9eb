import { exitCodes, type LineView } from '../../admin/admin-api.ts';
import type { DialPlanView, DialView, FoundPort, LineTestView } from '../../admin/views/line-views.ts';
import { type Call, type Command, choiceOption, numberOption, textOption, UsageError } from '../command.ts';
import { printable, table } from '../table.ts';

const marks = { done: '✓', note: '·', failed: '✗' } as const;

function foundText(ports: readonly FoundPort[]): string {
  if (ports.length === 0) return 'This machine has no port where a modem could be. Plug it in, and look again.\n';
  return table(
    ['PORT', 'DEVICE', 'FOUND'],
    ports.map(({ port, product, text }) => [port, product, text].map(printable)),
  );
}

function testText({ steps }: LineTestView): string {
  return printable(steps.map(({ state, text }) => `${marks[state]} ${text}\n`).join(''));
}

function namesText(lines: readonly LineView[]): string {
  if (lines.length === 0) return 'There is no fax line now.\n';
  return table(
    ['LINE', 'NUMBER', 'PORT'],
    lines.map(({ id, number, port }) => [id, number, port]),
  );
}

function dialText({ accepted, number, reason, begins, steps }: DialView): string {
  const rules = steps.map((one) => `  line ${one.line}, ${one.rule}: ${one.effect}, ${one.number}\n`).join('');
  return printable(`${begins}\n${rules}${accepted ? `  → dials ${number}\n` : `  ✗ ${reason}\n`}`);
}

/** `--send yes`, as what is not said stays as it is. */
function yesOrNo(call: Call, name: string): boolean | undefined {
  const said = choiceOption(call, name, ['yes', 'no']);
  return said === '' ? undefined : said === 'yes';
}

function given<T>(call: Call, name: string, read: () => T): T | undefined {
  return call.options[name] === undefined ? undefined : read();
}

const lineCommands: readonly Command[] = [
  {
    name: 'line find',
    usage: '',
    summary: 'look for modems at the serial and USB ports',
    help: 'Ports of fax lines and of other programs are left alone. Add what is found: caselli line set fax1 --port PORT\n',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      const found = await (await call.api()).lineFind();
      call.report(found, foundText);
      return found.some(({ state }) => state === 'modem' || state === 'line') ? 0 : exitCodes.unavailable;
    },
  },
  {
    name: 'line test',
    usage: 'LINE | --port PORT [--dial-tone]',
    summary: 'test a line, or the modem at a port',
    help: `The line takes no calls meanwhile. With --dial-tone the modem goes off the hook and listens; nothing is dialled.
Ends with 0 when all is well.
`,
    options: { port: { type: 'string' }, 'dial-tone': { type: 'boolean' } },
    arguments: { min: 0, max: 1 },
    reports: true,
    async run(call) {
      const [line = ''] = call.arguments;
      const port = textOption(call, 'port');
      if ((line === '') === (port === '')) throw new UsageError('say LINE or --port PORT');
      const answer = await (await call.api()).lineTest({ line, port, dialTone: call.options['dial-tone'] === true });
      call.report(answer, testText);
      return answer.works ? 0 : exitCodes.unavailable;
    },
  },
  {
    name: 'line set',
    usage: `LINE [--port PORT] [--number NUMBER] [--station-id ID] [--send yes|no] [--receive yes|no] [--rings N]
    [--max-bit-rate N] [--class auto|2|2.0] [--compression MH|MR|MMR] [--ecm yes|no] [--network pstn|pbx|voip] [--baud N] [--deliver-to ADDRESS,…]`,
    summary: 'add a fax line, or change one',
    help: 'What is not said stays as it is. PORT is serial:/dev/ttyUSB0, tcp:host:port or exchange:number.\n',
    options: {
      port: { type: 'string' },
      number: { type: 'string' },
      'station-id': { type: 'string' },
      send: { type: 'string' },
      receive: { type: 'string' },
      rings: { type: 'string' },
      'max-bit-rate': { type: 'string' },
      class: { type: 'string' },
      compression: { type: 'string' },
      ecm: { type: 'string' },
      network: { type: 'string' },
      baud: { type: 'string' },
      'deliver-to': { type: 'string' },
    },
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      const lines = await (await call.api()).lineSet({
        line: call.arguments[0]!,
        port: given(call, 'port', () => textOption(call, 'port')),
        number: given(call, 'number', () => textOption(call, 'number')),
        stationId: given(call, 'station-id', () => textOption(call, 'station-id')),
        send: yesOrNo(call, 'send'),
        receive: yesOrNo(call, 'receive'),
        answerAfterRings: given(call, 'rings', () => numberOption(call, 'rings', 2)),
        maxBitRate: given(call, 'max-bit-rate', () => numberOption(call, 'max-bit-rate', 14_400)),
        modemClass: given(call, 'class', () => choiceOption(call, 'class', ['auto', '2', '2.0']) || 'auto'),
        compression: given(call, 'compression', () => choiceOption(call, 'compression', ['MH', 'MR', 'MMR']) || 'MMR'),
        errorCorrection: yesOrNo(call, 'ecm'),
        network: given(call, 'network', () => choiceOption(call, 'network', ['pstn', 'pbx', 'voip']) || 'pstn'),
        baud: given(call, 'baud', () => numberOption(call, 'baud', 38_400)),
        deliverTo: given(call, 'deliver-to', () => textOption(call, 'deliver-to').split(',').filter(Boolean)),
      });
      call.report(lines, namesText);
      return 0;
    },
  },
  {
    name: 'line remove',
    usage: 'LINE',
    summary: 'remove a fax line; its calls and faxes are kept',
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).lineRemove({ line: call.arguments[0]! }), namesText);
      return 0;
    },
  },
];

const dialCommands: readonly Command[] = [
  {
    name: 'dial explain',
    usage: 'NUMBER',
    summary: 'tell what would be dialled for a number, rule by rule',
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      const answer = await (await call.api()).dialExplain({ number: call.arguments[0]!, plan: '' });
      call.report(answer, dialText);
      return answer.accepted ? 0 : exitCodes.noUser;
    },
  },
  {
    name: 'dial plan',
    usage: 'COUNTRY [--area CODE] [--outside DIGITS]',
    summary: 'print a dial plan for a country, such as DE',
    help: `--area is without what is dialled before it in the country, --outside what a telephone system wants for a line to the outside.
Nothing is changed: caselli config set fax.dialPlan "$(caselli dial plan DE --area 30)"
`,
    options: { area: { type: 'string' }, outside: { type: 'string' } },
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      const place = {
        country: call.arguments[0]!.toUpperCase(),
        area: textOption(call, 'area'),
        outside: textOption(call, 'outside'),
      };
      call.report(await (await call.api()).dialPlanMake(place), ({ plan }: DialPlanView) => plan);
      return 0;
    },
  },
];

export const lineAndDialCommands: readonly Command[] = [...lineCommands, ...dialCommands];
