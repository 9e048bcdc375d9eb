import type { Command } from '../command.ts';

export const serveCommands: readonly Command[] = [
  {
    name: 'serve',
    usage: '[--demo]',
    summary: 'run the box until it is told to stop',
    help: '--demo makes the demo office: office.test with alice and bob, and the simulated telephone exchange.\n',
    options: { demo: { type: 'boolean' } },
    arguments: { min: 0, max: 0 },
    run: (call) => call.box.serve({ data: call.data, demo: call.options.demo === true }),
  },
];
