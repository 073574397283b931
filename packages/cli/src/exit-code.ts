/**
 * Exit codes of `mon`, as docs/cli.md lists them, and which code an error ends in.
 *
 * 2 is kept for `mon rules diff`, so that a script can tell "differs" from "failed".
 */
import { MonError } from '@mon/storage/model/error';

export const EXIT = {
  done: 0,
  failed: 1,
  different: 2,
  unreachable: 3,
  unauthorised: 4,
  interrupted: 130,
} as const;

/** Codes of MonError that have an exit code of their own; all others end in `EXIT.failed`. */
const EXIT_OF_CODE: Readonly<Record<string, number>> = {
  'server-unreachable': EXIT.unreachable,
  'not-authorised': EXIT.unauthorised,
  interrupted: EXIT.interrupted,
};

export function exitCodeOf(error: unknown): number {
  if (error instanceof MonError) return EXIT_OF_CODE[error.code] ?? EXIT.failed;
  return EXIT.failed;
}
