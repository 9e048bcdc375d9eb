/** What a partition holds, told from its first octets. */
export interface FileSystem {
  /** As mount(8) names it; empty when it is none that the box reads. */
  readonly kind: 'vfat' | 'exfat' | 'ntfs3' | 'ext4' | '';
  readonly label: string;
}

/** So many octets from the start are enough. */
export const sniffBytes = 4096;

/** Looks at the first `sniffBytes` of a partition: FAT (its boot sector), exFAT §3.1, NTFS, ext2 to ext4 (the super block at 1024). */
export function sniffFileSystem(start: Buffer): FileSystem {
  const at = (offset: number, length: number): string => start.toString('latin1', offset, offset + length);
  if (at(3, 8) === 'EXFAT   ') return { kind: 'exfat', label: '' };
  if (at(3, 8) === 'NTFS    ') return { kind: 'ntfs3', label: '' };
  if (at(510, 2) === '\x55\xaa') {
    if (at(82, 5) === 'FAT32') return { kind: 'vfat', label: fatLabel(at(71, 11)) };
    if (at(54, 3) === 'FAT') return { kind: 'vfat', label: fatLabel(at(43, 11)) };
  }
  if (start.length >= 1100 && start.readUInt16LE(1024 + 56) === 0xef53) {
    const label = start.toString('utf8', 1024 + 120, 1024 + 136).replace(/\0.*$/s, '');
    return { kind: 'ext4', label: printable(label) };
  }
  return { kind: '', label: '' };
}

function fatLabel(field: string): string {
  const label = printable(field).trim();
  return label === 'NO NAME' ? '' : label;
}

/** Labels are written by whoever formatted the stick. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, '');
}
