import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/**
 * The external tree for Buildroot, as far as it can be judged without Buildroot: the files are well-formed, name what is
 * there, and agree with the sources they stand for.
 */
const top = fileURLToPath(new URL('../..', import.meta.url));
const tree = join(top, 'buildroot');
const read = (path: string): string => readFileSync(join(tree, path), 'utf8');
const found = (pattern: string): string[] => globSync(pattern, { cwd: tree }).toSorted();

const packages = found('package/*').map((path) => basename(path));
const defconfigs = found('configs/*_defconfig');

/** `NAME = value` of a .mk file, with lines that go on joined. */
function variables(makefile: string): Map<string, string> {
  const lines = makefile.replaceAll('\\\n', ' ').matchAll(/^([A-Z0-9_]+)\s*[:?]?=\s*(.*)$/gm);
  return new Map([...lines].map(([, name, value]) => [name!, value!.trim()]));
}

/** `sha256  HEX  FILE` lines. */
function hashes(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, sum, file] = /^sha256 {2}([0-9a-f]{64}) {2}(\S+)$/.exec(line) ?? [];
      assert.ok(sum && file, line);
      return [file, sum];
    }),
  );
}

/** Symbol → value, as written; `n` for "is not set". */
function configuration(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of text.split('\n').filter(Boolean)) {
    const set = /^(\w+)=(y|m|\d+|".*")$/.exec(line);
    const unset = /^# (\w+) is not set$/.exec(line);
    if (!set && !unset) assert.match(line, /^#/, `no line of a configuration: ${line}`);
    if (set) settings.set(set[1]!, set[2]!.replaceAll('"', ''));
    if (unset) settings.set(unset[1]!, 'n');
  }
  return settings;
}

test('external.desc, Config.in and external.mk make a tree of the name CASELLI', () => {
  assert.match(read('external.desc'), /^name: CASELLI\ndesc: .+\n$/);
  const sourced = [
    ...read('Config.in').matchAll(/^source "\$BR2_EXTERNAL_CASELLI_PATH\/package\/([^/]+)\/Config.in"$/gm),
  ];
  assert.deepEqual(
    sourced.map((match) => match[1]),
    packages,
  );
  assert.match(
    read('external.mk'),
    /include \$\(sort \$\(wildcard \$\(BR2_EXTERNAL_CASELLI_PATH\)\/package\/\*\/\*\.mk\)\)/,
  );
});

for (const name of packages)
  test(`the package ${name} has version, licence, sums and a place in the menu`, () => {
    const prefix = name.toUpperCase().replaceAll('-', '_');
    const makefile = read(`package/${name}/${name}.mk`);
    const values = variables(makefile);
    for (const wanted of ['VERSION', 'SITE', 'LICENSE', 'LICENSE_FILES'])
      assert.ok(values.get(`${prefix}_${wanted}`), `${prefix}_${wanted}`);
    for (const variable of values.keys()) assert.ok(variable.startsWith(`${prefix}_`), variable);
    assert.match(makefile, /\$\(eval \$\(generic-package\)\)\n$/);
    const sums = hashes(read(`package/${name}/${name}.hash`));
    for (const file of values.get(`${prefix}_LICENSE_FILES`)!.split(' ')) assert.ok(sums.has(file), file);
    assert.match(read(`package/${name}/Config.in`), new RegExp(`^config BR2_PACKAGE_${prefix}$`, 'm'));
  });

test('Node is that of package-lock.json, for both architectures; the program that of package.json', () => {
  const lock = JSON.parse(readFileSync(join(top, 'package-lock.json'), 'utf8'));
  const { version } = lock.packages['node_modules/node'];
  assert.equal(variables(read('package/node24-prebuilt/node24-prebuilt.mk')).get('NODE24_PREBUILT_VERSION'), version);
  const files = [...hashes(read('package/node24-prebuilt/node24-prebuilt.hash')).keys()];
  for (const architecture of ['x64', 'arm64']) assert.ok(files.includes(`node-linux-${architecture}-${version}.tgz`));
  const own = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')).version;
  assert.equal(variables(read('package/caselli/caselli.mk')).get('CASELLI_VERSION'), own);
  const licence = createHash('sha256')
    .update(readFileSync(join(top, 'LICENSE')))
    .digest('hex');
  assert.equal(hashes(read('package/caselli/caselli.hash')).get('LICENSE'), licence);
});

test('the configurations use recorded symbols only, and all of them', () => {
  const recorded = read('symbols.txt')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const used = defconfigs.flatMap((path) => [...configuration(read(path)).keys()]);
  assert.deepEqual([...new Set(used)].toSorted(), recorded.toSorted());
});

for (const path of defconfigs)
  test(`${basename(path)}: what it names is there, and it has what the box needs`, () => {
    const text = read(path);
    const settings = configuration(text);
    const named = [...text.matchAll(/\$\(BR2_EXTERNAL_CASELLI_PATH\)\/([^\s"]+)/g)].map((match) => match[1]!);
    assert.ok(named.length >= 6);
    for (const file of named) assert.ok(existsSync(join(tree, file)), file);
    for (const symbol of [
      'BR2_DOWNLOAD_FORCE_CHECK_HASHES',
      'BR2_REPRODUCIBLE',
      'BR2_TOOLCHAIN_BUILDROOT_CXX',
      'BR2_ROOTFS_MERGED_USR',
      'BR2_LINUX_KERNEL_INSTALL_TARGET',
      'BR2_TARGET_TZ_INFO',
      'BR2_TARGET_ROOTFS_SQUASHFS',
      'BR2_PACKAGE_CASELLI',
    ])
      assert.equal(settings.get(symbol), 'y', symbol);
    for (const symbol of ['BR2_TARGET_ENABLE_ROOT_LOGIN', 'BR2_TARGET_GENERIC_GETTY'])
      assert.equal(settings.get(symbol), 'n');
    const kernel = settings.get('BR2_LINUX_KERNEL_CUSTOM_VERSION_VALUE');
    assert.ok(hashes(read('patches/linux/linux.hash')).has(`linux-${kernel}.tar.xz`));
    assert.equal(read('patches/linux-headers/linux-headers.hash'), read('patches/linux/linux.hash'));
  });

test('GRUB has the same modules as in the image made of packages', () => {
  const source = readFileSync(join(top, 'image/grub.ts'), 'utf8');
  const common = [.../const common = \[([^\]]+)\]/.exec(source)![1]!.matchAll(/'(\w+)'/g)].map((match) => match[1]!);
  assert.ok(common.length > 10);
  for (const path of defconfigs)
    for (const [symbol, value] of configuration(read(path)))
      if (symbol.startsWith('BR2_TARGET_GRUB2_BUILTIN_MODULES_'))
        for (const module of common) assert.ok(value.split(' ').includes(module), `${path} ${symbol}: ${module}`);
});

test('the fragments are well-formed, and programs that our scripts start are not taken from busybox', () => {
  for (const path of found('board/caselli/linux*.fragment'))
    for (const [symbol, value] of configuration(read(path))) {
      assert.match(symbol, /^CONFIG_[A-Z0-9_]+$/);
      assert.notEqual(value, 'n');
    }
  const busybox = configuration(read('board/caselli/busybox.fragment'));
  for (const applet of ['LOGIN', 'GETTY', 'SETPRIV', 'UNSHARE'])
    assert.equal(busybox.get(`CONFIG_${applet}`), 'n', applet);
});

test('the scripts may be started, and put the disk together from what the disk description asks for', () => {
  for (const path of found('board/caselli/*.sh')) assert.ok(statSync(join(tree, path)).mode & 0o100, path);
  const script = read('board/caselli/post-image.sh');
  const description = readFileSync(join(top, 'image/genimage.cfg'), 'utf8');
  const wanted = new Set([...description.matchAll(/^ +image = "([^"]+)"/gm)].map((match) => match[1]!));
  assert.ok(wanted.size >= 5);
  for (const file of wanted) assert.ok(script.includes(`$work/input/${file}`), file);
  // Said in both languages: names and sizes of file systems.
  const disk = readFileSync(join(top, 'image/disk.ts'), 'utf8');
  for (const said of [
    'CASELLI',
    'ca5e1118',
    'ca5e1110-0000-4000-8000-64617461ca5e',
    'root_owner=900:900',
    'lazy_itable_init=0',
  ])
    assert.ok(script.includes(said) && disk.includes(said), said);
});

test('nothing here names a package registry or starts Buildroot', () => {
  for (const path of found('**/*').filter((one) => statSync(join(tree, one)).isFile())) {
    const text = read(path);
    assert.doesNotMatch(text, /registry\.|git clone|\bcurl\b|\bwget\b/, path);
    if (!path.endsWith('.md')) assert.doesNotMatch(text, /\bmake\b.*BR2_EXTERNAL=/, path);
  }
});
