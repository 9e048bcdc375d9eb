/**
 * How numbers are dialled in a country: ITU-T Operational Bulletin "Dialling procedures" (international prefix, national trunk
 * prefix) and E.164 (country codes). Countries where a carrier must be chosen for each call are left out.
 */
export interface Country {
  /** ISO 3166-1: `DE`. */
  readonly id: string;
  /** E.164 country code. */
  readonly code: string;
  /** What is dialled before a country code. */
  readonly international: string;
  /** What is dialled before a number of the same country; empty where nothing is. */
  readonly national: string;
  /** Whether numbers of the own area may be dialled without their area code; `north-american`: without the 1 alone. */
  readonly local: 'short' | 'north-american' | 'full';
  /** Numbers that no fax may ever ring. */
  readonly emergency: readonly string[];
}

type Row = readonly [
  id: string,
  code: string,
  international: string,
  national: string,
  local: Country['local'],
  emergency: string,
];

const rows: readonly Row[] = [
  ['AT', '43', '00', '0', 'short', '112 122 133 144'],
  ['AU', '61', '0011', '0', 'short', '000 112'],
  ['BE', '32', '00', '0', 'full', '112 100 101'],
  ['BG', '359', '00', '0', 'short', '112'],
  ['CA', '1', '011', '1', 'north-american', '911'],
  ['CH', '41', '00', '0', 'full', '112 117 118 144'],
  ['CY', '357', '00', '', 'full', '112 199'],
  ['CZ', '420', '00', '', 'full', '112 150 155 158'],
  ['DE', '49', '00', '0', 'short', '110 112'],
  ['DK', '45', '00', '', 'full', '112'],
  ['EE', '372', '00', '', 'full', '112'],
  ['ES', '34', '00', '', 'full', '112'],
  ['FI', '358', '00', '0', 'short', '112'],
  ['FR', '33', '00', '0', 'full', '112 15 17 18'],
  ['GB', '44', '00', '0', 'short', '112 999'],
  ['GR', '30', '00', '', 'full', '112 100 166 199'],
  ['HR', '385', '00', '0', 'short', '112'],
  ['HU', '36', '00', '06', 'short', '112 104 105 107'],
  ['IE', '353', '00', '0', 'short', '112 999'],
  ['IN', '91', '00', '0', 'short', '100 101 102 112'],
  ['IS', '354', '00', '', 'full', '112'],
  ['IT', '39', '00', '', 'full', '112 113 115 118'],
  ['JP', '81', '010', '0', 'short', '110 119'],
  ['LI', '423', '00', '', 'full', '112 117 118 144'],
  ['LU', '352', '00', '', 'full', '112 113'],
  ['LV', '371', '00', '', 'full', '112'],
  ['MT', '356', '00', '', 'full', '112'],
  ['MX', '52', '00', '', 'full', '911'],
  ['NL', '31', '00', '0', 'short', '112'],
  ['NO', '47', '00', '', 'full', '110 112 113'],
  ['NZ', '64', '00', '0', 'short', '111'],
  ['PL', '48', '00', '', 'full', '112 997 998 999'],
  ['PT', '351', '00', '', 'full', '112'],
  ['RO', '40', '00', '0', 'full', '112'],
  ['SE', '46', '00', '0', 'short', '112'],
  ['SI', '386', '00', '0', 'short', '112 113'],
  ['SK', '421', '00', '0', 'short', '112'],
  ['TR', '90', '00', '0', 'short', '112'],
  ['US', '1', '011', '1', 'north-american', '911'],
  ['ZA', '27', '00', '0', 'full', '112 10111'],
];

export const countries: readonly Country[] = rows.map(([id, code, international, national, local, emergency]) => ({
  id,
  code,
  international,
  national,
  local,
  emergency: emergency.split(' '),
}));
