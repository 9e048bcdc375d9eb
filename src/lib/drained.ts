import type { EventEmitter } from 'node:events';

/** Resolves when a stream that was full takes more, or when it is closed and takes nothing any more. */
export function drained(stream: EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}
