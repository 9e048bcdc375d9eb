/**
 * A byte stream to a modem: a serial port, a TCP serial server or the simulated exchange. Nothing above it knows which.
 */
export interface ModemPort {
  /** For log and transcript: `/dev/ttyUSB0`, `tcp:10.0.0.5:4001`, `exchange:5550100`. */
  readonly name: string;
  /** Resolves when the bytes have left this program, flow control included. Rejects when the port is closed. */
  write(bytes: Uint8Array): Promise<void>;
  /** Hands over each chunk as it comes. One listener; a later one takes over. */
  onBytes(listener: (bytes: Uint8Array) => void): void;
  /** Called once, when the port is closed or torn out; without error when we closed it. */
  onClosed(listener: (error?: Error) => void): void;
  /** Drops or raises DTR; does nothing where the port has no modem lines (a pseudo-terminal, raw TCP). */
  setDtr(on: boolean): Promise<void>;
  /** Throws away what waits to be sent, held by flow control; does nothing where that cannot be. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
