import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { appleProfile } from '../client-setup/apple-profile.ts';
import { autoconfigXml } from '../client-setup/autoconfig.ts';
import { askedAddress, autodiscoverError, autodiscoverXml } from '../client-setup/autodiscover.ts';
import type { ClientFacts } from '../client-setup/facts.ts';

/**
 * Where mail programs ask how to set themselves up, before anybody has logged in: Thunderbird's autoconfig, Outlook's
 * autodiscover, Apple's profiles. The answers follow from the domain alone and do not tell who has a mailbox.
 */
export interface ClientRoutesParts {
  /** @param reachedBy host of the request @returns undefined for an address that is none, or of a domain of others */
  readonly facts: (address: string, reachedBy: string) => ClientFacts | undefined;
  /** Of the box's own authority, DER, where the certificate in use is signed by it. */
  readonly authority: () => Buffer | undefined;
  readonly now: () => Date;
}

const autoconfigPaths = ['/mail/config-v1.1.xml', '/.well-known/autoconfig/mail/config-v1.1.xml'] as const;
/** Programs do not agree how it is written. */
const autodiscoverPath = /^\/autodiscover\/autodiscover\.(?<form>xml|json)(?:\/v1\.0\/(?<address>[^/?]+))?$/i;
export const applePath = '/mail/caselli.mobileconfig';
/** A longer question is none. */
const questionLimitBytes = 16 * 1024;

/** Whether this is asked under the names of `wantedRecords`, which are not the box's own. */
export function isClientPath(url: string): boolean {
  const path = url.split('?')[0]!;
  return (autoconfigPaths as readonly string[]).includes(path) || path === applePath || autodiscoverPath.test(path);
}

export function clientRoutes(app: FastifyInstance, parts: ClientRoutesParts): void {
  const { facts, authority, now } = parts;
  const none = (reply: FastifyReply) => reply.code(404).send('This box has no mailboxes of that domain.\n');
  for (const path of autoconfigPaths)
    app.get(path, async (request, reply) => {
      const host = hostOf(request);
      // Without an address it is the domain of the name that was asked (`autoconfig.DOMAIN`).
      const address = queryOf(request, 'emailaddress') || `postmaster@${host.replace(/^autoconfig\./i, '')}`;
      const found = facts(address, host);
      return found ? reply.type('text/xml; charset=utf-8').send(autoconfigXml(found)) : none(reply);
    });
  app.get(applePath, async (request, reply) => {
    const found = facts(queryOf(request, 'emailaddress'), hostOf(request));
    const profile = found && appleProfile(found, authority());
    if (!profile) return none(reply);
    return reply
      .type('application/x-apple-aspen-config; charset=utf-8')
      .header('Content-Disposition', 'attachment; filename="mail.mobileconfig"')
      .send(profile);
  });
  const outlookRoutes: FastifyPluginAsync = async (outlook) => {
    outlook.removeAllContentTypeParsers();
    outlook.addContentTypeParser('*', { parseAs: 'string', bodyLimit: questionLimitBytes }, (_request, body, done) =>
      done(null, String(body)),
    );
    for (const path of ['/autodiscover/*', '/Autodiscover/*', '/AutoDiscover/*'])
      outlook.route({
        method: ['GET', 'POST'],
        url: path,
        handler: async (request, reply) => {
          const { form, address = '' } = autodiscoverPath.exec(request.url.split('?')[0]!)?.groups ?? {};
          if (form === undefined) return reply.code(404).send('There is no such page.\n');
          if (form.toLowerCase() === 'json') return reply.send(redirection(request, decoded(address)));
          const wanted = askedAddress(typeof request.body === 'string' ? request.body : '');
          const found = wanted === undefined ? undefined : facts(wanted, hostOf(request));
          const answer = found && autodiscoverXml(found);
          reply.type('text/xml; charset=utf-8');
          return answer ?? autodiscoverError(wanted === undefined ? 600 : 601, now());
        },
      });
  };
  app.register(outlookRoutes);
}

/** What newer programs ask first ("autodiscover version 2"): where the question of the older ones is answered. */
function redirection(request: FastifyRequest, address: string): object {
  const wanted = queryOf(request, 'Protocol').toLowerCase();
  if (wanted !== 'autodiscoverv1' || !(address || queryOf(request, 'Email')))
    return { ErrorCode: 'InvalidProtocol', ErrorMessage: 'This server speaks AutodiscoverV1 only.' };
  return { Protocol: 'AutodiscoverV1', Url: `https://${request.headers.host}/autodiscover/autodiscover.xml` };
}

function queryOf(request: FastifyRequest, name: string): string {
  const value = (request.query as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value.trim() : '';
}

function hostOf(request: FastifyRequest): string {
  return (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
