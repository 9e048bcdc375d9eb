/**
 * What happens when settings are changed, beside that they are in force: `app.ts` and `box-servers.ts` do it, this says it
 * beforehand.
 */
const effects: readonly (readonly [prefix: RegExp, sentence: string])[] = [
  [/^(?:smtp\b|name$)/, 'SMTP and submission start again; sessions end within two seconds, mail programs come again.'],
  [/^(?:imap\b|name$)/, 'IMAP starts again; mail programs connect anew.'],
  [/^(?:pop3\b|name$)/, 'POP3 starts again.'],
  [/^panel\b/, 'The panel starts again; this page connects anew, under another address if that was changed.'],
  [/^name$/, 'The box gets another name, and its own certificate is made anew for it.'],
  [/^fax\.lines$/, 'Lines that changed start again when their call has ended.'],
  [
    /^system\.network\.(?:mode|interface|address|gateway|dns)$/,
    'The address is on trial for two minutes: confirm it under the new one, or it is undone.',
  ],
  [/^system\.certificate\b/, 'A certificate is asked for within seconds where that is switched on.'],
  [/^system\.lcd\b/, 'The front panel connects anew.'],
  [/^exchange\.enabled$/, 'The simulated exchange follows at the next start of the program.'],
];

/** In the order in which they matter; nothing for settings that are simply in force. */
export function effectsOf(paths: readonly string[]): string[] {
  return effects.flatMap(([prefix, sentence]) => (paths.some((path) => prefix.test(path)) ? [sentence] : []));
}
