import type { ModemPort } from './port.ts';
import { openTcpPort } from './tcp-port.ts';

/**
 * Opens the port that a line's setting names: `serial:/dev/ttyUSB0` or `tcp:10.0.0.5:4001`.
 * @throws PortBusyError, or Error with the reason in words.
 */
export async function openModemPort(address: string, baud: number): Promise<ModemPort> {
  const device = /^serial:(\/\S+)$/.exec(address)?.[1];
  // A box without a modem need not load the driver of serial ports.
  if (device !== undefined) return (await import('./serial-port.ts')).openSerialPort(device, baud);
  const [, host, port] = /^tcp:(\S+):(\d+)$/.exec(address) ?? [];
  if (host === undefined) throw new Error(`${address} is no port of this box`);
  return openTcpPort(host.replace(/^\[(.*)\]$/, '$1'), Number(port));
}
