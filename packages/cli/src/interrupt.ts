/**
 * Ctrl-C and SIGTERM: by default they end the process at once; a command that has to finish
 * something takes them over.
 */
import { EXIT } from './exit-code.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
type StopSignal = (typeof SIGNALS)[number];

/** 128 plus the signal's number, as a shell reports it. */
const EXIT_OF_SIGNAL: Readonly<Record<StopSignal, number>> = {
  SIGINT: EXIT.interrupted,
  SIGTERM: 143,
};

function endNow(signal: StopSignal): void {
  process.exit(EXIT_OF_SIGNAL[signal]);
}

/** Ends the process at the first signal with the code a shell expects. */
export function exitOnInterrupt(): void {
  for (const signal of SIGNALS) process.on(signal, endNow);
}

/** A launcher such as npx passes on the Ctrl-C that the terminal sends to both: heard twice. */
const ECHO_MS = 500;

/**
 * Takes the signals over: the first resolves the promise, the second ends the process at once.
 * A second within half a second of the first is an echo of it, and ignored.
 */
export function untilInterrupted(): Promise<StopSignal> {
  for (const signal of SIGNALS) process.off(signal, endNow);
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    for (const name of SIGNALS) {
      process.on(name, (signal: StopSignal) => {
        const nowMs = performance.now();
        if (firstMs !== undefined && nowMs - firstMs > ECHO_MS) endNow(signal);
        firstMs ??= nowMs;
        resolve(signal);
      });
    }
  });
}

/** Resolves when the terminal goes away; without this the process would end there and then. */
export function untilHangup(): Promise<void> {
  return new Promise((resolve) => process.on('SIGHUP', () => resolve()));
}
