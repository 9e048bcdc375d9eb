/** Where in the panel something can be done about what the doctor found; by the beginnings of its names. */
const places = [
  ['domains', '/people'],
  ['postmaster', '/settings/box'],
  ['fax-in', '/settings/fax'],
  ['queue', '/mail'],
  ['disk', '/storage'],
  ['clock', '/settings/time'],
  ['certificate', '/certificate'],
  ['backup', '/backup'],
  ['line-', '/faxes'],
  ['config', '/settings/history'],
] as const;

export function placeOfFinding(id: string): string | undefined {
  return places.find(([beginning]) => id.startsWith(beginning))?.[1];
}
