import { type BoxEvent, type EventBus, eventKinds, type Level } from './events.ts';

const order: Record<Level, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/**
 * Writes events as lines: `json` for programs (one object a line), `text` for people
 * (`2026-11-22T10:00:00.000Z info queue.accepted message=… sizeBytes=…`). Returns the way to stop.
 */
export function logEvents(
  events: EventBus,
  options: {
    readonly level: Level;
    readonly format: 'json' | 'text';
    readonly write: (line: string, level: Level) => void;
  },
): () => void {
  const format = options.format === 'json' ? jsonLine : textLine;
  return events.on((event) => {
    const { level } = eventKinds[event.name];
    if (order[level] >= order[options.level]) options.write(`${format(event, level)}\n`, level);
  });
}

/** What a message is about is for the log of mail alone: lines of this log leave the box in support bundles. */
function written(event: BoxEvent): object {
  if (event.name !== 'queue.accepted') return event.fields;
  const { subject: _, ...fields } = event.fields;
  return fields;
}

function jsonLine(event: BoxEvent, level: Level): string {
  return JSON.stringify({ at: new Date(event.at).toISOString(), level, event: event.name, ...written(event) });
}

function textLine(event: BoxEvent, level: Level): string {
  const fields = Object.entries(written(event)).map(([name, value]) => `${name}=${textValue(value)}`);
  return [new Date(event.at).toISOString(), level, event.name, ...fields].join(' ');
}

/** Values that hold white space, quotes or control characters are written as JSON, so that one event stays one line. */
function textValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\x21\x23-\x7e\u00a0-\uffff]+$/.test(text) ? text : JSON.stringify(value);
}
