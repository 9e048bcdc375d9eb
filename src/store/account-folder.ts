/** Longest file name of the usual file systems, in octets. */
const fileNameLimitBytes = 255;

/**
 * The directory of an account: its full address. What must not stand in a file name (a local part may hold `/`), and a
 * dot at the start, which marks the store's own directories, is written as `%` and two hexadecimal digits.
 * @throws RangeError when the account has no name or one too long.
 */
export function accountFolder(account: string): string {
  const name = account.replaceAll(/[\x00-\x1f\x7f/%]|^\./g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  if (name === '' || Buffer.byteLength(name) > fileNameLimitBytes || !name.isWellFormed()) {
    throw new RangeError(`no account can have this name: ${JSON.stringify(account.slice(0, 100))}`);
  }
  return name;
}
