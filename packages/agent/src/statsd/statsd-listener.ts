/**
 * Listens for StatsD over UDP and flushes what came once an interval.
 *
 * A line that cannot be taken is counted with its reason and harms no other, not even of its own
 * packet.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { SampleColumns } from '@mon/storage/model/appender';
import type { Clock } from '@mon/storage/model/clock';
import { MonError, reasonOf } from '@mon/storage/model/error';
import { RoundSchedule } from '../scrape/round-schedule.ts';
import { StatsdSeries, type StatsdSeriesOptions } from './statsd-series.ts';

/** Bytes the kernel may hold for us while we are busy. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

export interface StatsdListenerOptions extends StatsdSeriesOptions {
  readonly host: string;
  readonly port: number;
  readonly flushIntervalMs: number;
  readonly clock: Clock;
  readonly deliver: (columns: SampleColumns) => void;
}

export class StatsdListener {
  readonly #options: StatsdListenerOptions;
  readonly #series: StatsdSeries;
  readonly #schedule: RoundSchedule;
  #socket: Socket | undefined;
  packets = 0;
  lines = 0;
  readonly faults = new Map<string, number>();

  constructor(options: StatsdListenerOptions) {
    this.#options = options;
    this.#series = new StatsdSeries(options);
    this.#schedule = new RoundSchedule({
      clock: options.clock,
      intervalMs: options.flushIntervalMs,
      offsetMs: 0,
      isImmediate: false,
      run: async (timestampMs) => this.#flush(timestampMs),
    });
  }

  get seriesCount(): number {
    return this.#series.seriesCount;
  }

  /** Where it listens, the port chosen by the kernel included. */
  get address(): string {
    const address = this.#socket?.address();
    if (address === undefined) return '';
    return address.family === 'IPv6'
      ? `[${address.address}]:${address.port}`
      : `${address.address}:${address.port}`;
  }

  /** @throws MonError `cannot-listen` */
  async start(): Promise<void> {
    const { host, port } = this.#options;
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind({ address: host === '' ? '0.0.0.0' : host, port }, () => {
          socket.off('error', reject);
          resolve();
        });
      });
    } catch (cause) {
      socket.close();
      throw listenError(`${host}:${port}`, cause);
    }
    try {
      socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    } catch {
      // The kernel's own size then; under load more packets are lost.
    }
    socket.on('message', (packet) => this.#take(packet));
    // After binding, errors are of single packets; they are lost like any other in UDP.
    socket.on('error', () => this.#count('socket'));
    this.#socket = socket;
    this.#schedule.start();
  }

  /** Flushes a last time. @param endsSeries whether nothing goes on with the series */
  async stop(endsSeries: boolean): Promise<void> {
    await this.#schedule.stop();
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    const nowMs = this.#options.clock.nowMs();
    this.#flush(nowMs);
    if (endsSeries) this.#options.deliver(this.#series.end(nowMs + 1));
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  #take(packet: Buffer): void {
    this.packets++;
    const nowMs = this.#options.clock.nowMs();
    for (const line of packet.toString('utf8').split('\n')) {
      const text = line.endsWith('\r') ? line.slice(0, -1) : line;
      if (text === '') continue;
      this.lines++;
      const fault = this.#series.take(text, nowMs);
      if (fault !== undefined) this.#count(fault);
    }
  }

  #count(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

  #flush(timestampMs: number): void {
    const columns = this.#series.flush(timestampMs);
    if (columns.labels.length > 0) this.#options.deliver(columns);
  }
}

function listenError(address: string, cause: unknown): MonError {
  const isTaken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
  return new MonError({
    code: 'cannot-listen',
    what: `Cannot listen for StatsD on UDP ${address}`,
    why: isTaken ? 'another program listens there' : reasonOf(cause),
    mend: 'Stop the other program, or set agent.statsd.listen or agent.statsd.enabled: false.',
    cause,
  });
}
