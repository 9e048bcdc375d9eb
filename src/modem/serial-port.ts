import { SerialPort } from 'serialport';
import { canLock, lockDevice } from './lock-file.ts';
import type { ModemPort } from './port.ts';

/**
 * A modem at a serial port: raw, 8N1, RTS/CTS. A pseudo-terminal serves as well; it has no modem lines.
 * @throws PortBusyError when another program has the port, Error when there is none.
 */
export async function openSerialPort(device: string, baud: number): Promise<ModemPort> {
  const unlock = (await canLock()) ? await lockDevice(device) : async (): Promise<void> => {};
  try {
    const port = new SerialPort({
      path: device,
      baudRate: baud,
      dataBits: 8,
      parity: 'none',
      stopBits: 1,
      rtscts: true,
      // The lock file is what other programs honour; an exclusive terminal would keep diagnosis out.
      lock: false,
      autoOpen: false,
    });
    await new Promise<void>((resolve, reject) => {
      port.open((error) => (error ? reject(error) : resolve()));
    });
    return serialModemPort(device, port, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

function serialModemPort(device: string, port: SerialPort, unlock: () => Promise<void>): ModemPort {
  let onBytes: (bytes: Uint8Array) => void = () => {};
  let onClosed: (error?: Error) => void = () => {};
  port.on('data', (bytes: Buffer) => onBytes(bytes));
  const closed = new Promise<void>((resolve) => {
    port.on('close', (error?: Error) => {
      void unlock().then(() => {
        onClosed(error ?? undefined);
        resolve();
      });
    });
  });
  // A port that fails closes; without a listener Node would end the program.
  port.on('error', () => {});
  /** A request that hardware without modem lines does not know (ENOTTY) is as good as done. */
  const tolerant = (run: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve) => run(() => resolve()));
  return {
    name: device,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (!port.isOpen) {
          reject(new Error(`${device} is closed`));
          return;
        }
        port.write(Buffer.from(bytes), (failed) => {
          if (failed) reject(failed);
          else port.drain((error) => (error ? reject(error) : resolve()));
        });
      }),
    onBytes(listener) {
      onBytes = listener;
    },
    onClosed(listener) {
      onClosed = listener;
    },
    setDtr: (on) => tolerant((done) => port.set({ dtr: on, rts: true }, done)),
    flush: () => tolerant((done) => port.flush(done)),
    async close() {
      if (port.isOpen) port.close();
      await closed;
    },
  };
}
