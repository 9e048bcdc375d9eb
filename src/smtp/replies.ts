/**
 * Better words for the replies that the library makes by itself: with the enhanced status code that fits (RFC 3463), which
 * it knows by reply code only. What is not here goes out as it is.
 */
const better: readonly (readonly [code: number, from: RegExp, to: string])[] = [
  [421, /^Timeout/, '4.4.2 nothing was heard for too long'],
  [421, /shutting down/, '4.3.2 going down, come again later'],
  [421, /Command line too long/, '4.7.0 line is too long'],
  [421, /unrecognized commands/, '4.7.0 too many errors'],
  [421, /talk too soon/, '4.7.0 wait for the greeting'],
  [421, /HTTP requests/, '4.7.0 this is not a web server'],
  [452, /too many recipients/, '4.5.3 too many recipients, send to the others separately'],
  [500, /not recognized/, '5.5.1 command is not known here'],
  [501, /^Authentication aborted/, '5.7.0 login was given up'],
  [501, /invalid userdata|missing username/, '5.5.2 not what the mechanism sends'],
  [504, /authentication type/, '5.5.4 mechanism is not known here'],
  [535, /credentials invalid/, '5.7.8 name or password is wrong'],
];

export function replyText(code: number, text: string): string {
  return better.find(([ofCode, from]) => ofCode === code && from.test(text))?.[2] ?? text.replace(/^Error: /, '');
}
