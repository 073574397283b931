/**
 * Why the write-ahead log cannot be opened, read or written.
 */
import { MonError, reasonOf } from '../model/error.ts';
import type { WalFailure } from './wal-messages.ts';

/** The error of an append that could not be logged. */
export function walError({ isDiskFull, reason }: WalFailure): MonError {
  if (isDiskFull) {
    return new MonError({
      code: 'disk-full',
      what: 'Cannot store the samples',
      why: 'the disk of the data directory is full; what is stored can still be read',
      mend: 'Make room; writes resume by themselves within a minute.',
      retryable: true,
    });
  }
  return new MonError({
    code: 'wal-failed',
    what: 'Cannot store the samples',
    why: `the write-ahead log could not be written (${reason})`,
    mend: 'Look at the disk of the data directory; the sender may try again.',
    retryable: true,
  });
}

/**
 * The file system's error on the log's folder as one that says what to do; a bug as it is.
 *
 * @param what the action: "Cannot open"
 */
export function walUnusable(what: string, dir: string, cause: unknown): unknown {
  const isWorldly = cause instanceof Error && 'syscall' in cause;
  if (!isWorldly) return cause;
  return new MonError({
    code: 'wal-unusable',
    what: `${what} the write-ahead log in ${dir}`,
    why: reasonOf(cause),
    mend: 'Check the rights of the folder and its disk, then start again.',
    cause,
  });
}
