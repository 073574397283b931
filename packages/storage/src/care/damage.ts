/**
 * Telling damage of stored bytes from all other faults.
 */
import { MalformedBytes } from '../encoding/malformed-bytes.ts';
import { MonError } from '../model/error.ts';

export function isDamage(error: unknown): boolean {
  return (
    error instanceof MalformedBytes || (error instanceof MonError && error.code === 'corrupt-block')
  );
}
