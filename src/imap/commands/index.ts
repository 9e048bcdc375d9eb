import type { Command } from '../command.ts';
import { append } from './append.ts';
import { authenticate } from './authenticate.ts';
import { capability } from './capability.ts';
import { check } from './check.ts';
import { close } from './close.ts';
import { copy, move } from './copy.ts';
import { create } from './create.ts';
import { remove } from './delete.ts';
import { enable } from './enable.ts';
import { expunge } from './expunge.ts';
import { fetch } from './fetch.ts';
import { id } from './id.ts';
import { idle } from './idle.ts';
import { list } from './list.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { lsub } from './lsub.ts';
import { namespace } from './namespace.ts';
import { noop } from './noop.ts';
import { getQuota, getQuotaRoot } from './quota.ts';
import { rename } from './rename.ts';
import { search } from './search.ts';
import { examine, select } from './select.ts';
import { starttls } from './starttls.ts';
import { status } from './status.ts';
import { store } from './store.ts';
import { subscribe, unsubscribe } from './subscribe.ts';
import { unselect } from './unselect.ts';

/** Every command that is known, by its name. */
export const commands: ReadonlyMap<string, Command> = new Map(
  [
    ...[capability, noop, logout, id, starttls, authenticate, login, enable],
    ...[select, examine, create, remove, rename, subscribe, unsubscribe, list, lsub, namespace, status, append, idle],
    ...[getQuota, getQuotaRoot],
    ...[check, close, unselect, expunge, search, fetch, store, copy, move],
  ].map((command) => [command.name, command]),
);
