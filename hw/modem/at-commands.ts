import type { PostMessage } from '../line/circuit.ts';
import type { AtCommand, ExtendedAction } from './at-line.ts';
import type { CallHost, Calls } from './calls.ts';
import type { DtePort, Final } from './dte-port.ts';
import type { FaxSession } from './fax-session.ts';
import type { ModemProfile } from './profile.ts';
import type { Registers } from './registers.ts';
import type { FaxSettings } from './settings.ts';

export interface CommandParts {
  readonly host: CallHost;
  readonly profile: ModemProfile;
  readonly port: DtePort;
  readonly settings: FaxSettings;
  readonly registers: Registers;
  readonly calls: Calls;
}

/** What each command of a line does. */
export class AtCommands {
  readonly #parts: CommandParts;

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  /** Runs commands until one does not end with OK. */
  async runAll(commands: readonly AtCommand[]): Promise<Final> {
    for (const [index, command] of commands.entries()) {
      const result = await this.#run(command, index === commands.length - 1);
      if (result !== 'OK') return result;
    }
    return 'OK';
  }

  async #run(command: AtCommand, isLast: boolean): Promise<Final> {
    const { calls, port } = this.#parts;
    switch (command.kind) {
      case 'basic':
        return this.#basic(command.name, command.value);
      case 'register':
        return this.#register(command.register, command.value);
      case 'dial':
        return calls.dial(command.digits);
      case 'extended':
        if (!isLast && /^\+F(?:DT|DR|ET|KS?)$/.test(command.name)) {
          port.fault(`${command.name} must be the last of its line`);
          return 'ERROR';
        }
        return this.#extended(command.name, command.action, command.value);
      default:
        return command satisfies never;
    }
  }

  async #basic(name: string, value: number): Promise<Final> {
    const { calls, port, profile } = this.#parts;
    switch (name) {
      case 'A':
        return calls.answer();
      case 'E':
        port.echo = value !== 0;
        return 'OK';
      case 'H':
        if (value === 0) calls.hangUp();
        return 'OK';
      case 'I':
        return this.#inform(profile.identity[value] ?? profile.model);
      case 'Q':
        port.quiet = value === 1;
        return 'OK';
      case 'V':
        port.verbose = value !== 0;
        return 'OK';
      case 'Z':
      case '&F':
        calls.hangUp();
        this.#reset();
        return 'OK';
      default:
        return 'OK';
    }
  }

  #reset(): void {
    const { port, registers, settings } = this.#parts;
    registers.reset();
    port.reset();
    settings.reset();
    settings.serviceClass = '0';
  }

  #register(register: number, value: number | undefined): Final {
    const { registers } = this.#parts;
    if (value === undefined) return this.#inform(String(registers.value(register)).padStart(3, '0'));
    return registers.set(register, value) ? 'OK' : 'ERROR';
  }

  async #extended(name: string, action: ExtendedAction, value: string): Promise<Final> {
    const { calls, port, settings } = this.#parts;
    switch (name) {
      case '+FDT':
        return this.#inSession(name, (session) => session.transmit());
      case '+FDR':
        return this.#inSession(name, (session) => session.receive());
      case '+FET': {
        const message = ({ 0: 'mps', 1: 'eom', 2: 'eop' } as Record<string, PostMessage>)[value];
        if (action === 'test') return this.#inform('(0-2)');
        if (settings.faxClass !== '2' || !message) {
          port.fault(`+FET=${value} means nothing here`);
          return 'ERROR';
        }
        return this.#inSession(name, (session) => session.post(message));
      }
      case '+FK':
      case '+FKS':
        calls.session?.kill();
        return 'OK';
      default: {
        const answer = settings.run(name, action, value);
        if (answer.kind === 'error') return 'ERROR';
        for (const line of answer.lines) port.report(line);
        return 'OK';
      }
    }
  }

  #inform(text: string): Final {
    this.#parts.port.report(text);
    return 'OK';
  }

  async #inSession(name: string, step: (session: FaxSession) => Promise<Final>): Promise<Final> {
    const { calls, host, port } = this.#parts;
    const { session } = calls;
    if (!session) {
      port.fault(`${name} without a fax call`);
      return 'ERROR';
    }
    host.beginAction(() => session.abort());
    return step(session);
  }
}
