import { useEffect, useState } from 'preact/hooks';
import type { Tidings } from '../../src/panel/live.ts';

/** The events of the box as they come. A connection that broke is made again; pages then ask anew, as after missed events. */
type Listener = (names: ReadonlySet<string> | 'all') => void;

const listeners = new Set<Listener>();
const states = new Set<(connected: boolean) => void>();
const firstWaitMs = 500;
const lastWaitMs = 15_000;

let socket: WebSocket | undefined;
let waitMs = firstWaitMs;
let isConnected = false;

function tell(names: ReadonlySet<string> | 'all'): void {
  for (const listener of listeners) listener(names);
}

function setConnected(connected: boolean): void {
  if (connected === isConnected) return;
  isConnected = connected;
  for (const state of states) state(connected);
}

/** Begins, and goes on until `stop`. */
export function startLive(): () => void {
  let stopped = false;
  let timer = 0;
  const open = (): void => {
    const secure = location.protocol === 'https:' ? 's' : '';
    socket = new WebSocket(`ws${secure}://${location.host}/api/live`);
    socket.onopen = () => {
      waitMs = firstWaitMs;
      setConnected(true);
      tell('all');
    };
    socket.onmessage = ({ data }) => {
      const { events, missed } = JSON.parse(data) as Tidings;
      tell(missed > 0 ? 'all' : new Set(events.map(({ name }) => name)));
    };
    socket.onclose = () => {
      setConnected(false);
      if (stopped) return;
      timer = window.setTimeout(open, waitMs);
      waitMs = Math.min(waitMs * 2, lastWaitMs);
    };
  };
  open();
  return () => {
    stopped = true;
    window.clearTimeout(timer);
    socket?.close();
  };
}

export function useConnected(): boolean {
  const [connected, setState] = useState(isConnected);
  useEffect(() => {
    states.add(setState);
    return () => void states.delete(setState);
  }, []);
  return connected;
}

/** @param prefixes what the names of events begin with */
export function useEvents(prefixes: readonly string[], heard: () => void): void {
  const words = prefixes.join(' ');
  useEffect(() => {
    const wanted = words.split(' ');
    const listener: Listener = (names) => {
      if (names === 'all' || [...names].some((name) => wanted.some((prefix) => name.startsWith(prefix)))) heard();
    };
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, [words, heard]);
}
