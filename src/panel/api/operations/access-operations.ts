import { z } from 'zod';
import * as access from '../../../admin/views/access-views.ts';
import { list } from '../../../admin/views/view.ts';
import { address, ask, change, done, id, nothing, type Operations, ofSelf, short, text } from '../operation.ts';

/** Never taken from outside: the panel puts the own address there. */
const account = address;
const self = z.strictObject({ account });
const confirmed = z.strictObject({ account, password: short });
const answer = z.looseObject({ id: short });

/** The own account, second factors, sessions, and the audit log. */
export const accessOperations = {
  ownAccount: ofSelf(ask('person', 'The own account', [], self, access.ownAccountView)),
  ownName: ofSelf(
    change('person', 'Changes the own name', [], z.strictObject({ account, fullName: short }), access.ownAccountView),
  ),
  ownPassword: ofSelf(
    change(
      'person',
      'Changes the own password',
      [],
      z.strictObject({ account, oldPassword: short, newPassword: short }),
      done,
    ),
  ),
  ownForward: ofSelf(
    change(
      'person',
      'Says where the own mail goes as well',
      [],
      z.strictObject({ account, to: list(address), keep: z.boolean() }),
      access.ownAccountView,
    ),
  ),
  secondFactor: ofSelf(ask('person', 'The own second factors', [], self, access.secondFactorView)),
  secondFactorBegin: ofSelf(
    change('person', 'Makes a key for an authenticator app', [], confirmed, access.begunFactorView),
  ),
  secondFactorConfirm: ofSelf(
    change(
      'person',
      'Sets up the authenticator app whose code this is',
      [],
      z.strictObject({ account, code: short }),
      access.recoveryView,
    ),
  ),
  secondFactorRemove: ofSelf(change('person', 'Asks for codes of the app no more', [], confirmed, done)),
  recoveryRenew: ofSelf(change('person', 'Makes new recovery codes', [], confirmed, access.recoveryView)),
  passkeyOptions: ofSelf(
    change(
      'person',
      'What the browser is asked for a new passkey',
      [],
      confirmed,
      z.object({ options: z.custom<object>((value) => typeof value === 'object').meta({ type: 'object' }) }).readonly(),
    ),
  ),
  passkeyAdd: ofSelf(
    change('person', 'Adds a passkey', [], z.strictObject({ account, name: short, answer }), access.recoveryView),
  ),
  passkeyRemove: ofSelf(
    change('person', 'Removes a passkey', [], z.strictObject({ account, id: short, password: short }), done),
  ),
  secondFactorReset: change(
    'administrator',
    'Takes away the second factors of somebody who lost them; no address: of the administrator of the box',
    ['system second-factor reset'],
    z.strictObject({ address }),
    done,
  ),
  sessionOwn: ofSelf(ask('person', 'Where one is logged in', [], self, list(access.sessionView))),
  sessionEndOwn: ofSelf(
    change('person', 'Logs the own session out elsewhere', [], z.strictObject({ account, id: short }), done),
  ),
  sessionEndOthers: ofSelf(
    change('person', 'Logs out everywhere but here', [], self, z.object({ ended: z.int() }).readonly()),
  ),
  sessionList: ask('administrator', 'Who is logged in', ['session list'], nothing, list(access.sessionView)),
  sessionEnd: change('administrator', 'Logs somebody out', ['session end'], id, done),
  auditLog: ask(
    'administrator',
    'Who did what, newest first',
    ['system audit'],
    z.strictObject({ text: short, before: z.int().min(0), limit: z.int().min(1) }),
    list(access.auditEntryView),
  ),
  auditCheck: ask('administrator', 'Whether the audit log is as it was written', [], nothing, access.auditCheckView),
  auditExport: {
    kind: 'download',
    role: 'administrator',
    summary: 'The audit log for a spreadsheet',
    verbs: [],
    input: z.strictObject({ text: text.max(1000) }),
    output: z.object({ entries: z.int() }).readonly(),
    file: { name: 'caselli-audit.csv', type: 'text/csv; charset=utf-8' },
  },
} satisfies Partial<Operations>;
