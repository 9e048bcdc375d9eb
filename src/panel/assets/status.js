// The live status page. Everything shown is text from the box: it is set as text, never as HTML.

const byId = (id) => document.getElementById(id);

/** Makes an element: attributes as given, children are elements or text. */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value);
  made.append(...children.map((child) => child ?? ''));
  return made;
}

const states = {
  off: 'Off',
  starting: 'Looking for the modem…',
  idle: 'Ready',
  dialling: 'Dialling',
  sending: 'Sending',
  ringing: 'Ringing',
  receiving: 'Receiving',
  fault: 'The modem does not answer',
};

const results = {
  done: 'done',
  busy: 'busy',
  'no-answer': 'no answer',
  'no-dial-tone': 'no dial tone',
  'no-fax': 'no fax machine',
  refused: 'refused',
  dropped: 'line dropped',
  'poor-line': 'poor line',
  protocol: 'not understood',
  incompatible: 'not compatible',
  local: 'our modem failed',
  aborted: 'stopped',
  'under-way': 'under way',
};

const time = (iso) =>
  iso
    ? new Date(iso).toLocaleString([], {
        month: 'short',
        day: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
      })
    : '';

const size = (bytes) =>
  bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

function lineCard(line) {
  const kind = line.fault ? 'fault' : ['idle', 'off', 'starting'].includes(line.state) ? '' : 'busy';
  const card = element('div', { class: `card ${kind}` });
  card.append(element('strong', {}, line.number ? `${line.number} (${line.id})` : line.id));
  const with_ = line.peer
    ? ` ${{ receiving: 'from ', ringing: 'from ', sending: 'to ' }[line.state] ?? ''}${line.peer}`
    : '';
  card.append(element('p', { class: 'state' }, (states[line.state] ?? line.state) + (kind === 'busy' ? with_ : '')));
  if (line.fault) card.append(element('p', {}, line.fault));
  if (kind === 'busy' && line.page > 0) {
    card.append(element('p', {}, line.pages > 0 ? `Page ${line.page} of ${line.pages}` : `Page ${line.page}`));
    card.append(element('progress', { max: line.pages || undefined, value: line.pages ? line.page - 0.5 : undefined }));
  }
  const may = [line.send && 'sends', line.receive && 'receives'].filter(Boolean).join(' and ') || 'is not used';
  card.append(element('p', { class: 'quiet' }, [line.modem, may].filter(Boolean).join(' · ')));
  return card;
}

function tableOf(headings, rows) {
  const head = element(
    'thead',
    {},
    element('tr', {}, ...headings.map((text) => element('th', { scope: 'col' }, text))),
  );
  return element('div', { class: 'scroll', tabindex: '0' }, element('table', {}, head, element('tbody', {}, ...rows)));
}

const empty = (text) => element('p', { class: 'empty' }, text);

function queueRows(message) {
  return message.recipients
    .filter(({ state }) => state !== 'delivered' && state !== 'failed')
    .map((recipient) => {
      const why = message.held
        ? 'On hold'
        : recipient.state === 'delivering'
          ? 'On its way now'
          : recipient.text || 'Waits for its first try';
      return element(
        'tr',
        {},
        element('td', { class: 'time' }, time(message.acceptedAt)),
        element('td', {}, message.reversePath || 'a delivery report'),
        element('td', {}, recipient.address),
        element('td', { class: 'reason' }, why),
        element('td', { class: 'time' }, recipient.nextAttempt && !message.held ? time(recipient.nextAttempt) : ''),
        element('td', {}, size(message.sizeBytes)),
      );
    });
}

function resultClass(result) {
  if (result === 'under-way') return 'result-running';
  return result === 'done' ? 'result-done' : 'result-other';
}

function callRow(call) {
  const who = [call.station, call.number].filter(Boolean).join(', ') || 'unknown';
  return element(
    'tr',
    {},
    element('td', { class: 'time' }, time(call.at)),
    element('td', {}, call.direction === 'out' ? 'sent to' : 'received from'),
    element('td', {}, who),
    element('td', {}, `${call.pages} ${call.pages === 1 ? 'page' : 'pages'}`),
    element('td', {}, call.result === 'under-way' ? '' : `${call.durationSeconds} s`),
    element('td', { class: resultClass(call.result), title: call.text }, results[call.result] ?? call.result),
  );
}

function show(status) {
  document.title = `${status.name} – Caselli`;
  byId('name').textContent = status.name;
  byId('version').textContent = `Caselli ${status.version}`;
  const wrong = status.findings;
  byId('health').className = wrong.length > 0 ? 'wrong' : 'well';
  byId('health').textContent =
    wrong.length > 0 ? wrong.map(({ sentence, advice }) => `${sentence} ${advice}`).join(' ') : 'Everything is well.';
  byId('lines').replaceChildren(
    ...(status.lines.length > 0 ? status.lines.map(lineCard) : [empty('There is no fax line yet.')]),
  );
  const rows = status.queue.flatMap(queueRows);
  byId('queue-count').textContent = rows.length > 0 ? `(${rows.length})` : '';
  byId('queue').replaceChildren(
    rows.length > 0 ? tableOf(['Since', 'From', 'To', 'Why', 'Next try', 'Size'], rows) : empty('Nothing waits.'),
  );
  byId('calls').replaceChildren(
    status.calls.length > 0
      ? tableOf(['Time', 'Direction', 'With', 'Pages', 'Took', 'Result'], status.calls.map(callRow))
      : empty('No fax was sent or received yet.'),
  );
}

/** Connects, and again after a break: the box may have restarted. */
function connect(waitMs = 1000) {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`);
  let opened = false;
  socket.onmessage = ({ data }) => {
    opened = true;
    show(JSON.parse(data));
  };
  socket.onclose = () => {
    byId('health').className = 'wrong';
    byId('health').textContent = 'The box does not answer; trying again…';
    setTimeout(() => connect(opened ? 1000 : Math.min(waitMs * 2, 15_000)), waitMs);
  };
}

connect();
