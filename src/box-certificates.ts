import { X509Certificate } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { Directory } from './accounts/directory.ts';
import { type CertificateAdmin, certificateAdmin } from './admin/certificate-admin.ts';
import type { ConfigStore } from './config/config-store.ts';
import type { Clock } from './lib/clock.ts';
import type { EventBus } from './lib/events.ts';
import { AcmeKeeper } from './system/certificates/acme-keeper.ts';
import { Tls } from './system/tls.ts';

export interface BoxCertificatesParts {
  readonly folder: string;
  readonly config: ConfigStore;
  readonly directory: Directory;
  /** Names in the local network. */
  readonly localNames: () => readonly string[];
  readonly clock: Clock;
  readonly events: EventBus;
}

/** Domains whose names for mail programs stand in the certificate. */
const mostDomains = 50;

/** The certificate of the box, wired to its names, addresses and settings. */
export class BoxCertificates {
  readonly tls: Tls;
  readonly acme: AcmeKeeper;
  readonly api: CertificateAdmin;
  readonly #parts: BoxCertificatesParts;
  #ending = new DisposableStack();

  private constructor(parts: BoxCertificatesParts, tls: Tls) {
    const { folder, config, clock, events } = parts;
    this.#parts = parts;
    this.tls = tls;
    const settings = () => config.config.system.certificate.acme;
    this.acme = new AcmeKeeper({ tls, folder, settings, name: () => config.config.name, clock, events });
    this.api = certificateAdmin(tls, this.acme);
  }

  static async open(parts: BoxCertificatesParts): Promise<BoxCertificates> {
    const { folder, config, clock, events } = parts;
    const tls = await Tls.open({
      folder,
      names: () => namesOf(parts),
      useAcme: () => config.config.system.certificate.acme.enabled,
      clock,
      changed: ({ source, names, validUntil }) =>
        events.emit('certificate.changed', { source, names: [...names], until: validUntil }),
    });
    return new BoxCertificates(parts, tls);
  }

  /** Begins to follow names, addresses and settings, and to ask the ACME authority. */
  async start(): Promise<void> {
    const { config, events } = this.#parts;
    const reload = (): void => void this.tls.reload().catch((error) => this.#fault(error));
    this.#ending.defer(
      config.onChange((_config, paths) => {
        if (!paths.some((path) => path === 'name' || path.startsWith('system.certificate'))) return;
        reload();
        this.acme.changed().catch((error) => this.#fault(error));
      }),
    );
    this.#ending.defer(
      events.on(({ name }) => {
        if (name === 'network.changed') reload();
      }),
    );
    this.#ending.defer(() => this.acme.stop());
    await this.acme.start();
  }

  /** The certificate of the own authority, DER, while it vouches for the one in use. */
  ownAuthority(): Buffer | undefined {
    return this.tls.info().source === 'own' ? new X509Certificate(this.tls.authority().cert).raw : undefined;
  }

  stop(): void {
    const ending = this.#ending;
    this.#ending = new DisposableStack();
    ending.dispose();
  }

  #fault(error: unknown): void {
    this.#parts.events.emit('box.fault', { where: 'certificate', error: String(error) });
  }
}

/** By which the box is reached: its name, those of the local network, those that mail programs ask for, its addresses. */
function namesOf({ config, directory, localNames }: BoxCertificatesParts): string[] {
  const domains = directory.listDomains().slice(0, mostDomains);
  const cards = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  // Of IPv6, machines change their addresses every day.
  const addresses = cards.filter(({ family, internal }) => family === 'IPv4' && !internal);
  return [
    config.config.name,
    ...localNames(),
    ...domains.flatMap((domain) => [`autoconfig.${domain}`, `autodiscover.${domain}`]),
    ...addresses.map(({ address }) => address),
  ];
}
