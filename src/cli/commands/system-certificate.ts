import { createReadStream } from 'node:fs';
import type { CertificateView } from '../../admin/views/certificate-views.ts';
import type { Call, Command } from '../command.ts';
import { localTime, table } from '../table.ts';

const sources = { given: 'handed in', acme: 'from an ACME authority', own: "the box's own" } as const;

function certificateText(view: CertificateView): string {
  const rows = [
    ['Certificate', sources[view.source]],
    ['Good for', view.names.join(', ')],
    ['Issuer', view.issuer],
    ['From', localTime(view.validFrom)],
    ['Until', localTime(view.validUntil)],
    ['SHA-256', view.fingerprint],
    ...(view.problem ? [['Problem', view.problem]] : []),
    ['Own authority', `${view.authority.name}, until ${localTime(view.authority.validUntil)}`],
    ['  its SHA-256', view.authority.fingerprint],
    ['ACME', [view.acme.state, view.acme.problem, localTime(view.acme.nextAt)].filter(Boolean).join('; ')],
  ];
  return table(['', ''], rows).replace(/^\s*\n/, '');
}

async function* contents(call: Call): AsyncGenerator<Uint8Array> {
  for (const file of call.arguments) {
    yield* file === '-' ? call.terminal.stdin : createReadStream(file);
    yield Buffer.from('\n');
  }
}

export const systemCertificateCommands: readonly Command[] = [
  {
    name: 'system certificate show',
    usage: '',
    summary: 'show the certificate in use: names, issuer, end',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).certificateShow(), certificateText);
      return 0;
    },
  },
  {
    name: 'system certificate set',
    usage: 'FILE…',
    summary: 'take a certificate with its key into use',
    help: 'The files hold certificate, chain and private key in PEM, in any order; - is standard input. Servers use it at once.\n',
    arguments: { min: 1, max: 10 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).certificateSet({}, contents(call)), certificateText);
      return 0;
    },
  },
  {
    name: 'system certificate reset',
    usage: '',
    summary: 'go back to the certificate that the box gets by itself',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).certificateReset(), certificateText);
      return 0;
    },
  },
  {
    name: 'system certificate renew',
    usage: '',
    summary: 'ask the ACME authority for a certificate now',
    help: 'Switch it on first: caselli config set system.certificate.acme.termsAgreed true, then …acme.enabled true.\n',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).certificateRenew(), certificateText);
      return 0;
    },
  },
  {
    name: 'system certificate authority',
    usage: '',
    summary: "print the certificate of the box's own authority, for computers to trust",
    arguments: { min: 0, max: 0 },
    async run(call) {
      await (await call.api()).certificateAuthority({}, (chunk) => call.terminal.out(chunk));
      return 0;
    },
  },
];
