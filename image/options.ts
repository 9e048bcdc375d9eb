import { parseArgs } from 'node:util';
import type { Board } from '../hw/boards/board.ts';
import { boards } from '../hw/boards/index.ts';

export interface ImageOptions {
  readonly board: Board;
  /** Folder for what is made. */
  readonly out: string;
  /** Folder kept between builds: downloads. */
  readonly cache: string;
  /** Of the product; package.json's when not given. */
  readonly version: string | undefined;
  /** Takes updates signed with this machine's development key, which is made when there is none. */
  readonly developmentKey: boolean;
  /** Public keys of those whose updates are taken (PEM files). */
  readonly keys: readonly string[];
  /** Secret key to sign the bundle with (PEM file). */
  readonly signWith: string | undefined;
  /** 9 for what is given away, 1 where time counts more. */
  readonly compressionLevel: number;
  /** Folder with firmware files that Debian's main section does not have. */
  readonly firmware: string | undefined;
  /** The makers' boot files of a Raspberry Pi; with `modules/VERSION` when its kernel is theirs too. */
  readonly bootFiles: string | undefined;
  /** Only /usr/lib/caselli, for Buildroot. */
  readonly programOnly: boolean;
}

export const usage = `npm run image -- --board NAME [options]

  --board NAME          ${Object.keys(boards).join(', ')}
  --out FOLDER          where the image, the update bundle and the bill of materials go (build/out)
  --dev-key             for development: sign with, and take updates of, a key of this machine (build/development-key.pem)
  --key FILE            public key (PEM) whose updates the box takes; may be given more than once
  --sign-with FILE      secret key (PEM) that signs the update bundle
  --firmware FOLDER     files to add below /usr/lib/firmware
  --boot-files FOLDER   for a Raspberry Pi: the makers' boot files (README.md)
  --version VERSION     of the product, when it is not that of package.json
  --compression 1…9     9 packs smallest, 1 is quickest (9)
  --program-only        only the bundled program, as /usr/lib/caselli has it
  --cache FOLDER        where downloads are kept (build/cache)
`;

/** @throws Error in words for the person at the command line */
export function readOptions(words: readonly string[]): ImageOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      board: { type: 'string' },
      out: { type: 'string', default: 'build/out' },
      cache: { type: 'string', default: 'build/cache' },
      version: { type: 'string' },
      'dev-key': { type: 'boolean', default: false },
      key: { type: 'string', multiple: true, default: [] },
      'sign-with': { type: 'string' },
      compression: { type: 'string', default: '9' },
      firmware: { type: 'string' },
      'boot-files': { type: 'string' },
      'program-only': { type: 'boolean', default: false },
    },
  });
  const board = boards[values.board ?? ''];
  if (!board) throw new Error(`say a board: --board ${Object.keys(boards).join(', ')}`);
  const compressionLevel = Number(values.compression);
  if (!Number.isInteger(compressionLevel) || compressionLevel < 1 || compressionLevel > 9)
    throw new Error('--compression takes 1 to 9');
  if (board.boot === 'raspberry-pi' && values['boot-files'] === undefined && !values['program-only'])
    throw new Error(`${board.title} starts with files of its makers: --boot-files FOLDER`);
  if (!values['dev-key'] && values.key.length === 0 && !values['program-only'])
    throw new Error('say whose updates the box takes: --key FILE, or --dev-key for development');
  return {
    board,
    out: values.out,
    cache: values.cache,
    version: values.version,
    developmentKey: values['dev-key'],
    keys: values.key,
    signWith: values['sign-with'],
    compressionLevel,
    firmware: values.firmware,
    bootFiles: values['boot-files'],
    programOnly: values['program-only'],
  };
}
