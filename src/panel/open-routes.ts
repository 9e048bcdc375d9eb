import type { FastifyInstance } from 'fastify';

/** What is told to everybody, without a login and under any name: nothing of it is secret, or says who has a mailbox. */
export interface OpenParts {
  /** Certificate of the box's own authority, PEM. */
  readonly authority: () => string;
  /** Of an ACME challenge (RFC 8555 §8.3). */
  readonly acmeAnswer: (token: string) => string | undefined;
}

const challenges = '/.well-known/acme-challenge/';

/** Whether this is asked by an ACME authority, which comes from wherever it is. */
export function isChallengePath(url: string): boolean {
  return url.startsWith(challenges);
}

/** Whether a path is answered whatever the box is called in the request. */
export function isOpenPath(url: string): boolean {
  return isChallengePath(url) || url === '/ca.crt';
}

export function openRoutes(app: FastifyInstance, { authority, acmeAnswer }: OpenParts): void {
  app.get<{ Params: { token: string } }>(`${challenges}:token`, async (request, reply) => {
    const answer = acmeAnswer(request.params.token);
    if (answer === undefined) return reply.code(404).send('There is no such challenge.\n');
    return reply.type('application/octet-stream').send(answer);
  });
  app.get('/ca.crt', async (_request, reply) =>
    reply
      .type('application/x-x509-ca-cert')
      .header('Content-Disposition', 'attachment; filename="caselli-ca.crt"')
      .send(derOf(authority())),
  );
}

/** What iPhones, Android and Windows take by a tap. */
function derOf(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
}
