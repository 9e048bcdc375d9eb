import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { demoExchange, demoLine, demoSpeedFactor } from '../hw/demo-exchange.ts';
import type { Exchange } from '../hw/exchange/exchange.ts';
import { PasswordAuthenticator } from './accounts/authenticator.ts';
import { Directory } from './accounts/directory.ts';
import { accountAdmin } from './admin/account-admin.ts';
import { type AdminApi, AdminError, exitCodes } from './admin/admin-api.ts';
import { bookAdmin, bookNumbers } from './admin/book-admin.ts';
import { clientAdmin } from './admin/client-admin.ts';
import { configAdmin } from './admin/config-admin.ts';
import { deskAdmin } from './admin/desk-admin.ts';
import { dialAdmin } from './admin/dial-admin.ts';
import { dnsAdmin } from './admin/dns-admin.ts';
import { doctorAdmin } from './admin/doctor.ts';
import { exchangeAdmin } from './admin/exchange-admin.ts';
import { faxAdmin } from './admin/fax-admin.ts';
import { faxArchiveAdmin } from './admin/fax-archive-admin.ts';
import { faxHandlingAdmin } from './admin/fax-handling-admin.ts';
import { FaxShelf } from './admin/fax-shelf.ts';
import { frontPanelAdmin } from './admin/front-panel-admin.ts';
import { lineAdmin, testInWords } from './admin/line-admin.ts';
import { mailLogAdmin, mailLogFindings } from './admin/mail-log-admin.ts';
import { mailOutAdmin } from './admin/mail-out-admin.ts';
import { queueAdmin } from './admin/queue-admin.ts';
import { routeAdmin } from './admin/route-admin.ts';
import { sendmailAdmin } from './admin/sendmail-admin.ts';
import { setupAdmin } from './admin/setup-admin.ts';
import { spaceAdmin } from './admin/space-admin.ts';
import { supportAdmin } from './admin/support-admin.ts';
import { DsnReporter } from './agents/dsn.ts';
import { EsmtpAgent } from './agents/esmtp.ts';
import { FaxAgent } from './agents/fax.ts';
import { LocalAgent } from './agents/local.ts';
import { ownHosts } from './agents/own-hosts.ts';
import { systemResolver } from './agents/resolver.ts';
import { boxAccess } from './box-access.ts';
import { BoxAudit } from './box-audit.ts';
import { BoxBackups } from './box-backups.ts';
import { BoxCertificates } from './box-certificates.ts';
import { clientFacts } from './box-clients.ts';
import { boxConfig } from './box-config.ts';
import { BoxFaxes } from './box-faxes.ts';
import { boxFiles } from './box-files.ts';
import { nameFacts } from './box-names.ts';
import { BoxPanel } from './box-panel.ts';
import { boxServers } from './box-servers.ts';
import { BoxSystem, openMachine } from './box-system.ts';
import { BoxUpdates } from './box-updates.ts';
import { type AdminServer, serveAdmin } from './cli/admin-socket.ts';
import { ConfigError, ConfigStore } from './config/config-store.ts';
import type { Config } from './config/schema.ts';
import { type DemoAccount, demoConfig, faxReaders, makeDemoOffice } from './demo.ts';
import { dnsAsker } from './dns-check/dns-asker.ts';
import { DocumentRenderer } from './documents/document-renderer.ts';
import { faxToPdf } from './documents/fax-pdf.ts';
import { fontFiles } from './documents/fonts.ts';
import { OwnConverters } from './documents/own-converters.ts';
import { pageToPng, pageToThumbnail } from './documents/page-png.ts';
import { ServiceConverters } from './documents/service-converters.ts';
import { exchangeControl, portOpener } from './exchange.ts';
import { FaxArchive } from './fax-archive/fax-archive.ts';
import { FaxDesk } from './fax-desk/fax-desk.ts';
import { faxSender } from './fax-desk/fax-sender.ts';
import { FaxLines } from './fax-lines/fax-lines.ts';
import { commandLine, frontPanel } from './lib/actor.ts';
import { cached } from './lib/cached.ts';
import { systemClock } from './lib/clock.ts';
import { makeFolder, writeDurable } from './lib/durable.ts';
import { EventBus } from './lib/events.ts';
import { idSource } from './lib/ids.ts';
import { waitForLock } from './lib/lock.ts';
import { logEvents } from './lib/log.ts';
import { SqliteWriter } from './lib/sqlite.ts';
import { MailLog } from './mail-log/mail-log.ts';
import { SummaryPost } from './mail-log/summary-post.ts';
import { serialDevices } from './modem/serial-devices.ts';
import { Notices } from './notices/notices.ts';
import { applePath } from './panel/client-routes.ts';
import { Metrics } from './panel/metrics.ts';
import { Queue } from './queue/queue.ts';
import type { Entrance } from './queue/types.ts';
import { openRecipients } from './queue/view.ts';
import { type RoutingConfig, routingConfig } from './routing/config.ts';
import { acceptedAsker, route } from './routing/route.ts';
import type { Asker } from './routing/types.ts';
import { MaildirStore } from './store/maildir-store.ts';
import { type Plan, takeReady, tidyRestore } from './system/backup/swap.ts';
import { type BoxFacts, readBoxFacts } from './system/box.ts';
import { Buttons } from './system/buttons/buttons.ts';
import { examineSystem } from './system/doctor.ts';
import { freeSpace } from './system/health.ts';
import { SetupRecord } from './system/setup/setup-record.ts';
import { RecentLines } from './system/support/recent-lines.ts';
import { takeOverData } from './system/update/former-data.ts';
import { welcomeText } from './welcome.ts';

/** A box whose data is open. Nothing listens, dials or delivers before `serve`. */
export interface Box {
  readonly config: Config;
  readonly events: EventBus;
  readonly api: AdminApi;
  /** Resolves with the reason when the box can write nothing any more: the process must end, and be started again. */
  readonly broken: Promise<Error>;
  serve(): Promise<RunningBox>;
  close(): Promise<void>;
}

export interface RunningBox {
  /** What a person can do now, for the terminal. */
  readonly welcome: string;
  /** Ends sessions and deliveries, which have `graceMs`, and closes the data. */
  stop(graceMs: number): Promise<void>;
}

export interface BoxPlace {
  readonly data: string;
  /** Of the program; a box goes by that of its image. */
  readonly version: string;
  /** Makes the demo office at the first start. */
  readonly demo: boolean;
  /** What machine this is; undefined on one that is no box. */
  readonly facts: BoxFacts | undefined;
}

/** Files of a message grow by a third and some more in base64. */
const shareOfFiles = 0.72;
/** Time that sessions have when a setting starts their server again. */
const restartGraceMs = 2000;
/** A command that works on the data of a stopped box is done by then: it must not keep the box from coming up. */
const lockWaitMs = 5000;
/** Of what happened last, so much goes into a support bundle wherever the log is written. */
const recentLogBytes = 512 * 1024;
/** What the machine says is asked for once in so long: it starts programs and tries ports. */
const systemFindingsAgeMs = 60_000;
/** When less than this is left above what mail needs, the log of mail stops: mail must be the last that the disk refuses. */
const mailLogReserveBytes = 20 * 2 ** 20;

/** For commands on a stopped box. */
export async function openData(data: string, version: string): Promise<{ api: AdminApi; close(): Promise<void> }> {
  return openBox({ data, version, demo: false, facts: await readBoxFacts() });
}

/** Opens every part in order; each one recovers what a crash left. @throws AdminError when another program has the data open. */
export async function openBox(place: BoxPlace): Promise<Box> {
  const { data } = place;
  await makeFolder(data);
  const files = boxFiles(data);
  const unlock = await waitForLock(files.lock, systemClock, lockWaitMs);
  if (!unlock)
    throw new AdminError(exitCodes.tempFail, `another Caselli is working on ${data}; wait, or stop it first`);
  const closing = new AsyncDisposableStack();
  closing.defer(unlock);
  try {
    // Before anything of the data is opened.
    const restored = await takeReady(data);
    await tidyRestore(data, { isUp: false });
    const box = await compose(place, restored, closing);
    // The former data is not needed any more: it went well.
    const tidying = tidyRestore(data, { isUp: true }).catch((error: unknown) => {
      box.events.emit('box.fault', { where: 'removing what a restore replaced', error: String(error) });
    });
    closing.defer(() => tidying);
    return box;
  } catch (error) {
    await closing.disposeAsync();
    if (error instanceof ConfigError) {
      const advice = `mend it; former versions are in ${join(data, 'history')}`;
      throw new AdminError(
        exitCodes.config,
        `${join(data, 'config.json')} cannot be used: ${error.message}; ${advice}`,
      );
    }
    throw error;
  }
}

async function compose(
  { data, version: programVersion, demo, facts: image }: BoxPlace,
  restored: Plan | undefined,
  closing: AsyncDisposableStack,
): Promise<Box> {
  const files = boxFiles(data);
  const clock = systemClock;
  const ids = idSource(clock);
  const events = new EventBus(clock);
  const recent = new RecentLines(recentLogBytes);
  logEvents(events, { level: 'debug', format: 'json', write: (line) => recent.add(line) });
  const machine = await openMachine(data, image, programVersion, clock);
  closing.defer(() => machine.privileged.close());
  const { privileged, version } = machine;
  const former = await takeOverData(data, version, clock);
  const firstConfig = image ? boxConfig(machine.identity) : {};
  const settings = await ConfigStore.open(
    { folder: data, clock, events, isOfNewer: former.newerVersion !== undefined, withSchema: !image },
    demo ? demoConfig(demoLine, demoSpeedFactor) : firstConfig,
  );
  const system = new BoxSystem({ machine, data, clock, events, config: settings });
  closing.defer(() => system.stop());
  const updates = await BoxUpdates.open({ machine, data, clock, events, config: settings, system, former });
  const config = (): Config => settings.config;
  const name = (): string => config().name;
  const writer = new SqliteWriter();
  closing.defer(() => writer.close());
  const directory = await Directory.open(writer, files.directory, { events });
  closing.defer(() => directory.close());
  const authenticator = new PasswordAuthenticator({ directory, clock, events, limit: () => config().loginLimit });
  const access = await boxAccess({
    machine,
    identityFolder: files.identity,
    directory,
    authenticator,
    config,
    clock,
    events,
    ids,
  });
  const audit = await BoxAudit.open({
    folder: files.audit,
    identityFolder: files.identity,
    config: settings,
    clock,
    events,
  });
  closing.defer(() => audit.close());
  const certificates = await BoxCertificates.open({
    folder: files.tls,
    config: settings,
    directory,
    localNames: () => system.localNames,
    clock,
    events,
  });
  closing.defer(() => certificates.tls.close());
  const store = new MaildirStore({
    folder: files.mail,
    writer,
    clock,
    ids,
    events,
    hostName: name(),
    quota: (account) => directory.snapshot().account(account)?.quotaBytes ?? config().mailboxes.quota,
    warnAt: () => config().mailboxes.warnAt,
  });
  closing.defer(() => store.close());

  const exchange: Exchange | undefined = config().exchange.enabled
    ? demoExchange({ clock, folder: files.exchange, speedFactor: config().exchange.speedFactor, ids })
    : undefined;
  if (exchange) closing.defer(() => exchange.close());

  let routing: { readonly of: Config; readonly routes: RoutingConfig } | undefined;
  const routes = (): RoutingConfig => {
    if (routing?.of !== config()) routing = { of: config(), routes: routingConfig(config()) };
    return routing.routes;
  };
  const whereTo = (address: string, asker: Asker) => route(address, asker, directory.snapshot(), routes());

  const mailLog = await MailLog.open({
    path: files.mailLog,
    writer,
    clock,
    ids,
    events,
    config: () => config().mailLog,
    freeSpace: async () => (await freeSpace(data)).free,
    minFreeSpace: () => config().queue.minFreeSpace + mailLogReserveBytes,
  });
  closing.defer(() => mailLog.close());

  // The queue hands faxes to the lines, and the lines hand received ones to the queue.
  const entrance: Entrance = { submit: (submission) => queue.submit(submission) };
  const renderer = new DocumentRenderer({
    documents: () => config().documents,
    fax: () => config().fax,
    folder: join(files.fax, 'bodies'),
    converters: image ? new ServiceConverters({ clock }) : new OwnConverters(clock),
  });
  const archive = await FaxArchive.open({
    writer,
    folder: files.faxArchive,
    clock,
    events,
    keep: () => ({ timeMs: config().fax.keepTime, sizeBytes: config().fax.keepSize }),
  });
  closing.defer(() => archive.close());
  const openPort = portOpener(exchange);
  const lines = await FaxLines.open({
    archive,
    accountsOf: (address) => {
      const routing = whereTo(address, acceptedAsker('fax', false));
      if (routing.kind === 'refused') return [];
      return routing.recipients.flatMap(({ route: to }) => (to.agent === 'local' ? [to.account] : []));
    },
    config,
    folder: files.fax,
    writer,
    clock,
    ids,
    random: randomBytes,
    events,
    entrance,
    openPort,
    pageToPng,
  });
  closing.defer(() => lines.close());
  const faxAgent = await FaxAgent.open({
    folder: files.faxOut,
    archive,
    renderer,
    sender: lines,
    config: () => config().fax,
    clock,
    events,
    pageToPng,
  });
  const service = () => ({
    name: name(),
    from: `postmaster@${directory.snapshot().defaultDomain ?? name()}`,
    postmaster: config().postmaster,
  });
  const exchanges = { resolver: systemResolver, isSelf: ownHosts(() => [name()]), random: Math.random };
  const queue: Queue = await Queue.open({
    folder: files.queue,
    writer,
    clock,
    ids,
    events,
    config: () => config().queue,
    route: (address, { source }, byAlias) => whereTo(address, acceptedAsker(source, byAlias)),
    agents: {
      local: new LocalAgent({ store, directory: () => directory.snapshot(), events }),
      esmtp: new EsmtpAgent({
        settings: () => ({ name: name(), outbound: config().outbound }),
        clock,
        ...exchanges,
      }),
      fax: faxAgent,
    },
    faxLines: () => config().fax.lines.filter(({ send, paused }) => send && paused === 'no').length,
    reporter: new DsnReporter({
      entrance,
      settings: service,
      clock,
      events,
      random: randomBytes,
    }),
    freeSpace: async () => (await freeSpace(data)).free,
    mayExpire: () => system.time.state === 'trusted',
  });
  closing.defer(() => queue.close());

  const fileLimit = (): number => Math.floor(config().smtp.maxMessageSize * shareOfFiles);
  const desk = await FaxDesk.open({
    folder: files.desk,
    writer,
    clock,
    ids,
    random: randomBytes,
    events,
    entrance,
    queue,
    renderer,
    pageToPng,
    route: whereTo,
    name,
    sender: (account) => faxSender(directory.snapshot(), account, service()),
    limitBytes: fileLimit,
    freeSpace: async () => (await freeSpace(data)).free,
    minFreeSpace: () => config().queue.minFreeSpace,
  });
  closing.defer(() => desk.close());

  const notices = new Notices({ entrance, settings: service, events, clock, ids, random: randomBytes });

  let running = false;
  const listening = new Map<string, number>();
  const clients = clientFacts({ config, listening, directory });
  const findings = cached(clock, systemFindingsAgeMs, () =>
    examineSystem({
      data,
      config: config(),
      listening,
      now: clock.now(),
      running,
      certificate: certificates.tls.info(),
      fonts: fontFiles,
    }),
  );
  const backups = await BoxBackups.open({
    machine,
    data,
    config: settings,
    writer,
    directory,
    store,
    clock,
    ids,
    events,
    restored,
    running: () => running,
  });
  closing.defer(() => backups.stop());
  const setup = await SetupRecord.open(files.setup);
  const control = exchange && exchangeControl(exchange);
  const fax = faxAdmin(
    lines,
    () => config().fax,
    (edit) => settings.change(edit),
  );
  const shelf = new FaxShelf({ archive, lines, queue });
  const faxes = new BoxFaxes({ archive, queue, events });
  closing.defer(() => faxes.stop());
  let display: BoxPanel | undefined;
  const api: AdminApi = {
    ...accountAdmin(directory, store),
    ...access.api,
    ...audit.api,
    ...configAdmin(settings, data),
    ...queueAdmin(queue, clock),
    ...mailLogAdmin({
      log: mailLog,
      clock,
      ids,
      name,
      waits: (id) => queue.show(id) !== undefined,
      write: (...letter) => notices.write(...letter),
    }),
    ...mailOutAdmin(
      () => config().outbound,
      () => ({ ...exchanges, clock, helo: config().outbound.helo || name(), from: service().from }),
    ),
    ...routeAdmin(directory, routes),
    ...sendmailAdmin({
      entrance,
      route: whereTo,
      name,
      maxMessageBytes: () => config().smtp.maxMessageSize,
      clock,
      ids,
    }),
    ...fax,
    ...deskAdmin({
      desk,
      limitBytes: fileLimit,
      numbers: (account, entries, groups) => bookNumbers(directory.book, account, entries, groups),
      now: () => clock.now(),
    }),
    ...bookAdmin(directory.book, ids),
    ...lineAdmin({
      lines,
      config: () => config().fax,
      change: (edit) => settings.change(edit),
      openPort,
      views: fax.faxLines,
      clock,
      serialDevices: () => serialDevices(),
      simulated: () => exchange?.list().flatMap(({ kind, number }) => (kind === 'modem' ? [number] : [])) ?? [],
    }),
    ...dialAdmin(() => config().fax),
    ...faxArchiveAdmin({
      archive,
      shelf,
      crossing: (line) => lines.crossing(line),
      knowsLine: (line) => config().fax.lines.some(({ id }) => id === line),
      pageToPng,
      pageToThumbnail,
      faxToPdf,
    }),
    ...faxHandlingAdmin({
      archive,
      shelf,
      queue,
      cancel: (id, reason) => faxAgent.cancel(id, reason),
      reroute: (id, recipients) => lines.reroute(id, recipients),
      route: whereTo,
      account: (address) => directory.snapshot().account(address),
      faxToPdf,
      config,
      clock,
      ids,
      random: randomBytes,
    }),
    ...exchangeAdmin({ exchange: control, running: () => running, scan: (file) => renderer.scan(file) }),
    ...supportAdmin({ api: () => api, name, version, image, recent, logFolder: files.log, privileged, clock }),
    ...certificates.api,
    ...clientAdmin({
      directory,
      facts: clients,
      authority: () => certificates.ownAuthority(),
      applePath: (address) => `${applePath}?emailaddress=${encodeURIComponent(address)}`,
    }),
    ...dnsAdmin(directory, nameFacts(config, listening), dnsAsker()),
    ...spaceAdmin({
      directory,
      store,
      disk: () => freeSpace(data),
      folders: { queue: files.queue, faxes: files.fax, log: files.log, backups: join(data, 'backup') },
    }),
    ...setupAdmin({
      record: setup,
      config: settings,
      directory,
      passwordSet: () => machine.password.oneTime === undefined,
      firstName: machine.identity.hostName,
    }),
    ...frontPanelAdmin({ enabled: () => config().system.lcd.enabled, picture: () => display?.picture() }),
    ...system.api,
    ...backups.api,
    ...updates.api,
    ...doctorAdmin({
      config: settings,
      directory,
      queue,
      clock,
      lines: fax.faxLines,
      system: async () => [...(await findings()), ...backups.findings(), ...mailLogFindings(mailLog)],
      running: () => running,
    }),
  };

  const serve = async (): Promise<RunningBox> => {
    await system.begin();
    const accounts: readonly DemoAccount[] = demo ? await makeDemoOffice(directory, files.demo) : [];
    const fault = (where: string) => (error: unknown) => events.emit('box.fault', { where, error: String(error) });
    const metrics = new Metrics(events, {
      queued: async () => {
        const stats = queue.stats();
        return { messages: stats.messages, recipients: openRecipients(stats) };
      },
      linesAtFault: async () => lines.status().filter(({ state }) => state === 'fault').length,
      diskFreeBytes: async () => (await freeSpace(data)).free,
    });
    const { smtp, services } = boxServers({
      machine,
      access,
      system,
      config,
      directory,
      authenticator,
      certificates,
      clients,
      store,
      entrance,
      route: whereTo,
      metrics,
      api,
      clock,
      ids,
      events,
      fault,
    });
    let admin: AdminServer | undefined;
    let stopGraceMs = 0;
    const following = new AbortController();
    const ending = new AsyncDisposableStack();
    const panel = new BoxPanel({
      system,
      machine,
      config: settings,
      api: audit.inNameOf(api, frontPanel),
      testLine: (line) => testInWords(audit.inNameOf(api, frontPanel), line),
      events,
      clock,
    });
    const summaries = new SummaryPost({
      log: mailLog,
      config: () => config().summary,
      name,
      clock,
      events,
      write: (...letter) => notices.write(...letter),
    });
    const buttons = new Buttons({ privileged, clock, events });
    ending.defer(() => closing.disposeAsync());
    // Near the end: it says until then that the box is stopping.
    display = panel;
    ending.defer(() => panel.stop());
    ending.defer(() => rm(files.run, { force: true }));
    ending.defer(() => admin?.close());
    ending.defer(() => metrics.close());
    ending.defer(async () => {
      const ends = [services.stop(stopGraceMs).catch(fault('services')), queue.stop(stopGraceMs).catch(fault('queue'))];
      await Promise.all(ends);
    });
    ending.defer(() => following.abort());
    ending.defer(() => system.stop());
    ending.defer(() => updates.stop());
    ending.defer(() => certificates.stop());
    ending.defer(() => buttons.stop());
    ending.defer(() => notices.stop());
    ending.defer(() => summaries.stop());
    ending.defer(() => {
      running = false;
    });
    const tellPorts = async (): Promise<void> => {
      for (const [listener, { port }] of Object.entries(services.listeners())) listening.set(listener, port);
      const run = { pid: process.pid, version, listeners: services.listeners() };
      await writeDurable(files.run, `${JSON.stringify(run, null, 2)}\n`);
    };
    try {
      await services.start();
      admin = await serveAdmin(data, audit.inNameOf(api, commandLine), (stream) => smtp.serveLocal(stream));
      running = true;
      await tellPorts();
      archive.start();
      faxes.start();
      await lines.start();
      await system.start(
        () => services.listeners(),
        [
          { name: 'database', run: () => writer.ping() },
          { name: 'queue', run: async () => void queue.stats() },
        ],
      );
    } catch (error) {
      await ending.disposeAsync();
      throw error;
    }
    panel.start();
    buttons.start();
    settings.follow(following.signal);
    const stopFollowing = settings.onChange((_config, paths) => {
      services
        .changed(paths, restartGraceMs)
        .then(tellPorts)
        .then(() => system.listenersChanged())
        .catch(fault('services'));
      if (paths.some((path) => path.startsWith('fax'))) lines.reconfigure().catch(fault('fax lines'));
      // There may be a line now, or room for more deliveries.
      queue.poke();
    });
    following.signal.addEventListener('abort', stopFollowing, { once: true });
    queue.start();
    mailLog.start();
    notices.start();
    summaries.start();
    backups.start();
    updates.start();
    certificates.start().catch(fault('certificate'));
    events.emit('box.started', { version, data });
    return {
      welcome: welcomeText({
        name: name(),
        version,
        data,
        listeners: services.listeners(),
        accounts,
        exchange: control,
        boxNumber: demoLine,
        faxReaders: faxReaders(config().fax, demoLine),
      }),
      stop: async (graceMs) => {
        stopGraceMs = graceMs;
        await ending.disposeAsync();
      },
    };
  };
  return {
    get config() {
      return config();
    },
    events,
    api: audit.inNameOf(api, commandLine),
    broken: writer.ended,
    serve,
    close: () => closing.disposeAsync(),
  };
}
