import { Worker } from 'node:worker_threads';

/** Loaded before the program: at SIGUSR2 its database thread ends, as if it had crashed. */
const { postMessage } = Worker.prototype;
let thread;
Worker.prototype.postMessage = function (message) {
  if (message?.kind === 'open') thread = this;
  return postMessage.call(this, message);
};
process.on('SIGUSR2', () => thread?.terminate());
