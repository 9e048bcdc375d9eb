import type { DebianPackage } from './debian.ts';

/** One thing in the image that somebody made. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, or the words of its maker. */
  readonly licence: string;
  readonly kind: 'operating-system' | 'library' | 'application';
  /** Where it came from: a package URL (purl), `pkg:deb/debian/…`, `pkg:npm/…`. */
  readonly purl: string;
  readonly hash: Hash;
  /** Name and version of what its binaries were made of. */
  readonly contains?: Readonly<Record<string, string>>;
}

export interface Hash {
  /** As CycloneDX names it. */
  readonly alg: 'SHA-256' | 'SHA-512';
  /** Hexadecimal. */
  readonly content: string;
}

/** The licences that a Debian copyright file names in its short names (DEP-5), or that it is free text. */
export function debianLicence(copyright: string): string {
  const names = [...copyright.matchAll(/^License:[ \t]*(\S.*)$/gm)].map((match) => match[1]!.trim());
  return names.length === 0 ? 'see copyright' : [...new Set(names)].toSorted().join(', ');
}

export function debianComponent(one: DebianPackage, architecture: string, copyright: string): Component {
  return {
    name: one.name,
    version: one.version,
    licence: debianLicence(copyright),
    kind: 'operating-system',
    purl: `pkg:deb/debian/${one.name}@${encodeURIComponent(one.version)}?arch=${architecture}`,
    hash: { alg: 'SHA-256', content: one.sha256 },
  };
}

/** The bill of materials in the form of CycloneDX 1.6, the same bytes for the same parts. */
export function billOfMaterials(
  product: { readonly version: string; readonly board: string; readonly builtAt: string },
  components: readonly Component[],
): string {
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: product.builtAt,
      component: { type: 'firmware', name: 'caselli', version: product.version, description: `for ${product.board}` },
    },
    components: components
      .toSorted((a, b) => (a.purl < b.purl ? -1 : 1))
      .map(({ name, version, licence, kind, purl, hash, contains = {} }) => ({
        type: kind,
        'bom-ref': purl,
        name,
        version,
        licenses: [{ license: { name: licence } }],
        purl,
        hashes: [hash],
        ...partsOf(contains),
      })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function partsOf(contains: Readonly<Record<string, string>>): object {
  const parts = Object.entries(contains).map(([name, version]) => ({ type: 'library', name, version }));
  return parts.length === 0 ? {} : { components: parts };
}
