/**
 * Faults of LevelDB's files in words, and which files a LevelDB directory has.
 */
import { formatKey } from '../block/block-key.ts';
import type { FileFault } from '../kv/files/file-fault.ts';

const LEVEL_FILE = /^(CURRENT|LOCK|LOG|LOG\.old|MANIFEST-\d+|\d+\.(ldb|sst|log|dbtmp))$/;

export function isLevelFile(name: string): boolean {
  return LEVEL_FILE.test(name);
}

/** Where and why; keys in the form of a block's. */
export function formatFault(
  { file, offset, bytes, reason, isMended, firstKey, lastKey }: FileFault,
  nameKey: (key: Uint8Array) => string = formatKey,
): [where: string, why: string] {
  const where = bytes === 0 ? file : `${file}, byte ${offset}`;
  const size = bytes === 0 ? '' : ` over ${bytes} bytes`;
  if (isMended === true)
    return [where, `${reason}${size}: one flipped bit, which can be set right`];
  const upTo = lastKey === undefined || lastKey.length === 0 ? '' : `up to ${nameKey(lastKey)}`;
  const from = firstKey === undefined ? '' : `from ${nameKey(firstKey)} `;
  return [where, `${reason}${size}${upTo === '' ? '' : `; keys ${from}${upTo}`}`];
}
