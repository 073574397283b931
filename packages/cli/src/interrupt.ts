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

/**
 * Takes the signals over: the first resolves the promise, the second ends the process at once.
 * `onSecond` runs before that end, to put a terminal right.
 */
export function untilInterrupted(onSecond: () => void = () => {}): Promise<StopSignal> {
  for (const signal of SIGNALS) process.off(signal, endNow);
  return new Promise((resolve) => {
    let stopping = false;
    for (const name of SIGNALS) {
      process.on(name, (signal: StopSignal) => {
        if (stopping) {
          onSecond();
          endNow(signal);
        }
        stopping = true;
        resolve(signal);
      });
    }
  });
}
