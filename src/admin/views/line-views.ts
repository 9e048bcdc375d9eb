import { z } from 'zod';
import { list, view } from './view.ts';

export const foundPort = view({
  port: z.string().describe('As a line names it: serial:/dev/ttyUSB0.'),
  product: z.string().describe('What the device at USB says of itself; empty for a port that is built in.'),
  state: z
    .enum(['modem', 'other', 'silent', 'used', 'line'])
    .describe('other: something answers that is no fax modem; used: by another program; line: by a line of this box.'),
  line: z.string().describe('The line that has it; empty otherwise.'),
  identity: z.string().describe('What the modem calls itself.'),
  faxClass: z.string(),
  maxBitRate: z.int().describe('bit/s; 0 when not known.'),
  baud: z.int().describe('Speed of the serial port at which it answered, bit/s.'),
  text: z.string().describe('A sentence.'),
});
export type FoundPort = z.infer<typeof foundPort>;

export const lineTest = view({
  works: z.boolean(),
  steps: list(
    view({
      step: z.enum(['open', 'answer', 'class', 'settings', 'speed', 'receive', 'dial-tone']),
      state: z.enum(['done', 'note', 'failed']).describe('note: it works, and still should be known.'),
      text: z.string().describe('A sentence.'),
    }),
  ),
  identity: z.string(),
  faxClass: z.string(),
  maxBitRate: z.int(),
  transcript: z.string().describe('What box and modem said.'),
});
export type LineTestView = z.infer<typeof lineTest>;

/** What is not said stays as it is; of a new line, as the settings begin. */
export const lineChange = z.strictObject({
  line: z.string().max(32).describe('Its name.'),
  port: z.string().max(300).optional(),
  number: z.string().max(40).optional(),
  stationId: z.string().max(20).optional(),
  send: z.boolean().optional(),
  receive: z.boolean().optional(),
  answerAfterRings: z.int().optional(),
  maxBitRate: z.int().optional(),
  modemClass: z.enum(['auto', '2', '2.0']).optional(),
  network: z.enum(['pstn', 'pbx', 'voip']).optional(),
  compression: z.enum(['MH', 'MR', 'MMR']).optional(),
  errorCorrection: z.boolean().optional(),
  baud: z.int().optional(),
  deliverTo: z.array(z.string().max(320)).max(100).optional(),
});
export type LineChange = z.infer<typeof lineChange>;

export const dialPlace = z.strictObject({
  country: z.string().max(2).describe('ISO 3166-1: DE.'),
  area: z.string().max(6).describe('Without what is dialled before it within the country; empty for none.'),
  outside: z.string().max(4).describe('What is dialled for a line to the outside; empty for none.'),
});

export const dialPlanView = view({
  plan: z.string(),
  place: z.union([view({ country: z.string(), area: z.string(), outside: z.string() }), z.null()]),
  countries: list(z.string()).describe('That a plan can be made for.'),
});
export type DialPlanView = z.infer<typeof dialPlanView>;

export const dialView = view({
  accepted: z.boolean(),
  number: z.string().describe('What would be dialled; empty when nothing would be.'),
  reason: z.string().describe('Why it is refused; empty otherwise.'),
  begins: z.string().describe('The number as the plan begins with it.'),
  steps: list(
    view({
      line: z.int().describe('Of the plan, from 1.'),
      rule: z.string(),
      effect: z.enum(['rewritten', 'accepted', 'rejected']),
      number: z.string().describe('The number after it.'),
    }),
  ),
});
export type DialView = z.infer<typeof dialView>;
