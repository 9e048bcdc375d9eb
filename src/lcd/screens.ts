import type { CallView, LineView } from '../admin/admin-api.ts';
import { plural } from '../lib/words.ts';
import { displayText, ends, wrap } from './fit.ts';
import type { Line, Screen } from './frame.ts';
import type { Light } from './lcdproc-session.ts';
import type { PanelState } from './panel-state.ts';

/** State in, screens out: everything that the front panel says, in the order in which Down walks through it. */

/** Faults with a screen of their own. */
const faultLimit = 5;

/** Alarms and faults first, then the first visit, then how things are. Never empty. */
export function screensOf(state: PanelState, width: number): readonly Screen[] {
  return [
    ...urgentScreens(state, width),
    overview(state, width),
    queueScreen(state, width),
    todayScreen(state, width),
    ...state.lines.map((line) => lineScreen(line, width)),
    networkScreen(state),
  ];
}

/** What is shown without a key: in turn when there are several. Never empty. */
export function chosenScreens(state: PanelState, width: number): readonly Screen[] {
  const urgent = urgentScreens(state, width);
  if (urgent.length > 0) return urgent;
  const busy = state.lines.filter(onCall);
  return busy.length > 0 ? busy.map((line) => lineScreen(line, width)) : [overview(state, width)];
}

export function stoppingScreen(width: number): Screen {
  return {
    id: 'stopping',
    title: 'Caselli is stopping',
    body: words('Please wait until it is safe to switch off.', width),
  };
}

/** The first light says how the box is, the second what its fax lines do. */
export function lightsOf(state: PanelState): readonly Light[] {
  const { isWell, isBusy, isLineAtFault } = signsOf(state);
  return [isWell ? 'green' : 'red', isLineAtFault ? 'red' : isBusy ? 'green' : 'off', 'off', 'off'];
}

/** What lights say of the box, wherever they are. */
export function signsOf({ alarms, faults, lines }: PanelState): {
  readonly isWell: boolean;
  /** A line is on a call. */
  readonly isBusy: boolean;
  readonly isLineAtFault: boolean;
} {
  return {
    isWell: alarms.length + faults.length === 0,
    isBusy: lines.some(onCall),
    isLineAtFault: lines.some(({ state }) => state === 'fault'),
  };
}

function urgentScreens(state: PanelState, width: number): readonly Screen[] {
  const { alarms, faults, oneTimePassword } = state;
  const troubles = [...alarms, ...faults];
  const shown = troubles.slice(0, faultLimit).map((sentence, index) => ({
    id: `fault-${index}`,
    title: ends('Not well', troubles.length > 1 ? `${index + 1} of ${troubles.length}` : '', width),
    body: words(sentence, width),
  }));
  return oneTimePassword === '' ? shown : [...shown, firstVisit(state)];
}

function firstVisit({ addresses, oneTimePassword }: PanelState): Screen {
  const body =
    addresses.length > 0
      ? texts(addresses[0]!, 'One-time password:', oneTimePassword)
      : texts('(no network yet)', 'One-time password:', oneTimePassword);
  return { id: 'first-visit', title: 'Open in a browser:', body };
}

function overview(state: PanelState, width: number): Screen {
  const { alarms, faults, queue, lines } = state;
  const troubles = alarms.length + faults.length;
  const well = troubles === 0 ? 'All is well' : `${plural(troubles, 'thing')} not well`;
  return {
    id: 'overview',
    title: ends('Caselli', state.time, width),
    body: texts(well, waiting(queue), linesText(lines)),
  };
}

function queueScreen({ queue }: PanelState, width: number): Screen {
  const body = [waiting(queue)];
  if (queue.faxes > 0) body.push(queue.faxes === 1 ? '1 of them a fax' : `${queue.faxes} of them faxes`);
  if (queue.held > 0) body.push(`${queue.held} on hold`);
  if (queue.next !== '') body.push(`Next try ${queue.next}`);
  return { id: 'queue', title: ends('Queue', '', width), body: texts(...body) };
}

function todayScreen({ today }: PanelState, width: number): Screen {
  const { mailIn, mailOut, mailFailed, faxIn, faxOut, faxFailed } = today;
  const row = (what: string, came: number, went: number): string => ends(what, `${came} in ${went} out`, width);
  const body = [row('Mail', mailIn, mailOut), row('Faxes', faxIn, faxOut)];
  const failed = mailFailed + faxFailed;
  if (failed > 0) body.push(ends('Failed', String(failed), width));
  return { id: 'today', title: 'Today', body: texts(...body) };
}

const stateWords: Readonly<Record<string, string>> = {
  off: 'off',
  starting: 'starting',
  idle: 'free',
  dialling: 'dialling',
  sending: 'sending',
  ringing: 'ringing',
  receiving: 'receiving',
  fault: 'not well',
};

/** What a line does, in a word or two. */
export function lineWord({ state, paused }: LineView): string {
  if (paused !== 'no' && state === 'idle') return 'paused';
  return stateWords[state] ?? state;
}

function lineScreen(line: LineView, width: number): Screen {
  const title = ends(displayText(line.number || line.id), lineWord(line), width);
  const id = `line-${line.id}`;
  if (line.fault !== '') return { id, title, body: words(line.fault, width) };
  if (!onCall(line)) {
    const rest = { no: '', sending: 'Faxes wait', all: 'No fax, no answer' }[line.paused];
    return { id, title, body: texts(rest, line.modem === '' ? 'Modem not found yet' : line.modem) };
  }
  const direction = line.state === 'receiving' || line.state === 'ringing' ? 'from' : 'to';
  const body: Line[] = [{ text: line.peer === '' ? 'Number not known' : `${direction} ${displayText(line.peer)}` }];
  if (line.page > 0) {
    const known = line.pages >= line.page;
    body.push({ text: known ? `Page ${line.page} of ${line.pages}` : `Page ${line.page}` });
    // The page that crosses counts half: how much of it has crossed is not known before its end.
    if (known) body.push({ text: '', bar: (line.page - 0.5) / line.pages });
  }
  return { id, title, body };
}

/** What the menu shows too. */
export function networkScreen({ addresses, localName, name }: PanelState): Screen {
  const body = addresses.length > 0 ? [...addresses] : ['No network: is the', 'cable plugged in?'];
  return { id: 'network', title: 'Network', body: texts(...body, localName, name) };
}

export function aboutScreen({ version, board, development }: PanelState): Screen {
  const rows = [`Version ${version}`, board, development ? 'Development image' : ''];
  return { id: 'about', title: 'Caselli', body: texts(...rows) };
}

export function callsScreen({ calls }: PanelState, width: number): Screen {
  const body = calls.length === 0 ? texts('No fax yet') : calls.map((call) => ({ text: callText(call, width) }));
  return { id: 'calls', title: 'Last faxes', body };
}

/** `> 5551234     2 pages`; an arrow to the left for one that came in, an exclamation mark for one that failed. */
function callText({ direction, number, station, pages, result }: CallView, width: number): string {
  const arrow = direction === 'in' ? '<' : '>';
  const end = result === 'done' ? plural(pages, 'page') : 'failed';
  return ends(`${arrow} ${displayText(number || station || 'unknown')}`, end, width);
}

function onCall({ state }: LineView): boolean {
  return ['dialling', 'sending', 'ringing', 'receiving'].includes(state);
}

function waiting({ messages, more }: PanelState['queue']): string {
  if (messages === 0) return 'Nothing waits';
  if (more) return `Over ${messages} wait`;
  return `${plural(messages, 'message')} wait${messages === 1 ? 's' : ''}`;
}

function linesText(lines: readonly LineView[]): string {
  if (lines.length === 0) return 'No fax line';
  const busy = lines.filter(onCall).length;
  if (busy > 0) return `${busy} of ${plural(lines.length, 'line')} busy`;
  if (lines.every(({ paused }) => paused !== 'no')) return 'Faxing is paused';
  const free = lines.filter(({ state, paused }) => state === 'idle' && paused === 'no').length;
  return free === lines.length ? `${plural(free, 'line')} free` : `${free} of ${plural(lines.length, 'line')} free`;
}

/** Rows that say something; one that is too long moves. */
function texts(...rows: readonly string[]): Line[] {
  return rows.filter((row) => row !== '').map((text) => ({ text: displayText(text) }));
}

function words(sentence: string, width: number): Line[] {
  return wrap(displayText(sentence), width).map((text) => ({ text }));
}
