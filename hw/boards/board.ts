/**
 * What the image build, the start scripts and the program must know of one kind of machine. Data only: a new machine is a
 * new file beside this one and a line in `index.ts`. The image carries its board as `/etc/caselli/board.json`.
 */
export type Board = BoardFacts & BootFacts;

interface BoardFacts {
  /** Also the name of its file here: `pcengines-apu`. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly architecture: 'x86_64' | 'aarch64';
  /** The least that Node, sharp and the kernel run on. */
  readonly minimumCpu: string;
  /** Whose kernel: Debian's package, or the one that comes with the firmware of a Raspberry Pi. */
  readonly kernel: 'debian' | 'raspberry-pi';
  /** `console=` words of the kernel's line; the last one is `/dev/console`. */
  readonly console: readonly string[];
  /** More words of the kernel's line. */
  readonly kernelArguments: readonly string[];
  /** Kernel modules that this board needs and no other does, or that nothing loads by itself. */
  readonly modules: readonly string[];
  /** Those of `modules` without which the disk is not found: they are in the initramfs as well. */
  readonly startModules: readonly string[];
  readonly watchdog: Watchdog;
  /** Time of day while the power is off. */
  readonly clock: 'battery' | 'none';
  readonly network: readonly NetworkCard[];
  readonly serial: readonly SerialConnector[];
  /** Front panels that this board may have, found by their USB id. */
  readonly panel: readonly FrontPanel[];
  readonly lights: readonly Light[];
  readonly buttons: readonly Button[];
  /** Firmware files that drivers ask for and Debian's main section does not have. */
  readonly firmware: readonly FirmwareFiles[];
  /** How far this is known: started by the tests of each build, or written from papers and never started here. */
  readonly tested: 'each-build' | 'never-here';
  /** Facts that were written from memory: neither a machine nor a kernel's own tables confirmed them. */
  readonly fromMemory: readonly (keyof BoardFacts)[];
}

export type BootFacts =
  | { readonly boot: 'grub' }
  /** The kernel is given to the emulator; there is no disk image. */
  | { readonly boot: 'direct-kernel' }
  | { readonly boot: 'raspberry-pi'; readonly raspberryPi: RaspberryPiFacts };

/** What the firmware of a Raspberry Pi needs on its boot partitions. */
export interface RaspberryPiFacts {
  /** `[pi4]`: the filter of `config.txt` for this model. */
  readonly model: string;
  /** File name of the device tree. */
  readonly deviceTree: string;
  /** From the folder with the firmware; all must be there. */
  readonly firmwareFiles: readonly string[];
  /** Folders of the firmware that are taken when they are there. */
  readonly firmwareFolders: readonly string[];
  /** Name of the kernel in the folder with the firmware, for boards with its kernel. */
  readonly kernelFile?: string;
  /** Further lines of `config.txt`. */
  readonly config: readonly string[];
}

export interface Watchdog {
  /** Modules in the order in which they are tried: those that are no good here do not load. */
  readonly modules: readonly string[];
  /** The longest time that all of them can be set to. */
  readonly longestSeconds: number;
}

export interface NetworkCard {
  /** As the kernel calls it; there is no renaming on a box. */
  readonly name: string;
  /** Modules of which one drives it. */
  readonly drivers: readonly string[];
}

export interface SerialConnector {
  readonly device: string;
  readonly purpose: 'console' | 'modem' | 'panel';
  /** Where it is on the case, for people. */
  readonly connector: string;
}

export interface FrontPanel {
  readonly title: string;
  /** `vendor:product`, four hexadecimal digits each, lower case. */
  readonly usb: string;
  /** Whether the kernel makes a serial device of it, which LCDd opens. */
  readonly serial: boolean;
  /** Of LCDproc. */
  readonly driver: string;
  /** Settings of the driver in `LCDd.conf`. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface Light {
  /** Name in `/sys/class/leds`. */
  readonly name: string;
  readonly shows: 'running' | 'busy' | 'fault';
}

export interface Button {
  /** Name of its input device in `/sys/class/input`. */
  readonly input: string;
  /** Linux key code as `input-event-codes.h` names it; one that `src/system/buttons/board-buttons.ts` knows. */
  readonly key: string;
  readonly does: 'shut-down' | 'factory-reset';
  /** How long it must be held for that. */
  readonly holdSeconds: number;
}

export interface FirmwareFiles {
  /** Shell pattern below `/usr/lib/firmware`. */
  readonly files: string;
  /** Module that asks for it. */
  readonly module: string;
  /** Debian package of the section non-free-firmware; the image build takes the files from its `--firmware` folder. */
  readonly package: string;
  /** What does not work without it. */
  readonly without: string;
}
