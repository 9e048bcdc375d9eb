import type { AcmeKeeper } from '../system/certificates/acme-keeper.ts';
import { CertificateError, mostPairBytes } from '../system/certificates/pair.ts';
import type { Tls } from '../system/tls.ts';
import { AdminError, exitCodes, type Output } from './admin-api.ts';
import type { CertificateView } from './views/certificate-views.ts';

/** The certificate of the box. */
export interface CertificateAdmin {
  certificateShow(): Promise<CertificateView>;
  /** Takes certificate, chain and key into use: PEM, in any order. */
  certificateSet(what: object, content: AsyncIterable<Uint8Array>): Promise<CertificateView>;
  /** Back to what the box gets by itself. */
  certificateReset(): Promise<CertificateView>;
  /** Asks the ACME authority now. */
  certificateRenew(): Promise<CertificateView>;
  /** The certificate of the box's own authority, in PEM. */
  certificateAuthority(what: object, output: Output): Promise<void>;
}

export function certificateAdmin(tls: Tls, acme: AcmeKeeper): CertificateAdmin {
  const show = async (): Promise<CertificateView> => {
    const { source, names, issuer, validFrom, validUntil, fingerprint, problem = '' } = tls.info();
    const authority = tls.authority();
    const { state, problem: trouble, nextAt } = acme.status();
    return {
      source,
      names,
      issuer,
      validFrom: instant(validFrom),
      validUntil: instant(validUntil),
      fingerprint,
      problem,
      authority: {
        name: authority.issuer,
        validUntil: instant(authority.validUntil),
        fingerprint: authority.fingerprint,
      },
      acme: { state, problem: trouble, nextAt: nextAt === undefined ? '' : instant(nextAt) },
    };
  };
  return {
    certificateShow: show,
    certificateSet: async (_what, content) => {
      const text = await textOf(content);
      await asked(() => tls.give(text));
      return show();
    },
    certificateReset: async () => {
      await tls.takeBack();
      return show();
    },
    certificateRenew: async () => {
      if (acme.status().state === 'off')
        throw new AdminError(exitCodes.config, 'ACME is off: switch system.certificate.acme.enabled on first');
      if (acme.status().state === 'unsuited')
        throw new AdminError(exitCodes.config, 'the box has no name of the internet, so no authority can reach it');
      await acme.tryNow();
      const { problem } = acme.status();
      if (problem !== '') throw new AdminError(exitCodes.unavailable, `the authority gave no certificate: ${problem}`);
      return show();
    },
    certificateAuthority: async (_what, output) => void (await output(Buffer.from(tls.authority().cert))),
  };
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content) {
    length += chunk.length;
    if (length > mostPairBytes) throw new AdminError(exitCodes.data, 'this is too long for a certificate and its key');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('latin1');
}

async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CertificateError) throw new AdminError(exitCodes.data, error.message);
    throw error;
  }
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
