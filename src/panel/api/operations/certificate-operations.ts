import { certificateView } from '../../../admin/views/certificate-views.ts';
import { ask, change, done, nothing, type Operations, upload } from '../operation.ts';

/** The certificate of the box. */
export const certificateOperations = {
  certificateShow: ask(
    'operator',
    'The certificate in use, and the authority of the box',
    ['system certificate show'],
    nothing,
    certificateView,
  ),
  certificateSet: upload(
    'administrator',
    'Takes a certificate with its key into use: PEM, in any order',
    ['system certificate set'],
    nothing,
    certificateView,
  ),
  certificateReset: change(
    'administrator',
    'Back to the certificate that the box gets by itself',
    ['system certificate reset'],
    nothing,
    certificateView,
  ),
  certificateRenew: change(
    'administrator',
    'Asks the ACME authority for a certificate now',
    ['system certificate renew'],
    nothing,
    certificateView,
  ),
  certificateAuthority: {
    ...ask('person', "The certificate of the box's own authority", ['system certificate authority'], nothing, done),
    kind: 'read',
    file: { name: 'caselli-ca.pem', type: 'application/x-pem-file' },
  },
} satisfies Partial<Operations>;
