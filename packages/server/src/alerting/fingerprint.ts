/**
 * An alert's fingerprint: 64-bit FNV-1a over its labels, 16 hex digits, as Alertmanager computes it;
 * webhook receivers use it as the alert's identity.
 *
 * Source: prometheus/common model/labelset.go (Fingerprint).
 */
import type { Labels } from '@mon/storage/model/labels';

const OFFSET = 14695981039346656037n;
const PRIME = 1099511628211n;
const MASK = (1n << 64n) - 1n;
const SEPARATOR = 0xff;

/** @param labels sorted by name */
export function fingerprint(labels: Labels): string {
  let hash = OFFSET;
  const add = (byte: number): void => {
    hash = ((hash ^ BigInt(byte)) * PRIME) & MASK;
  };
  for (const text of labels) {
    for (const byte of Buffer.from(text)) add(byte);
    add(SEPARATOR);
  }
  return hash.toString(16).padStart(16, '0');
}
