/**
 * The files of a directory of samples; out of damaged parts of them, what its own checksums pass.
 */
import { KIND } from '../block/block-key.ts';
import { checkValue, contentOf } from '../block/block-value.ts';
import { readColumnHeads } from '../block/series-samples.ts';
import { decodeColumnHeads } from '../chunk/column-group.ts';
import { decodeTimestampPage } from '../chunk/timestamp-page.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';
import type { Files } from '../files/files.ts';
import { DatabaseFiles } from '../kv/files/database-files.ts';
import { MonError } from '../model/error.ts';

export function openBlockFiles(dir: string, files: Files): DatabaseFiles {
  return new DatabaseFiles(dir, files, isIntactValue);
}

/** Of values made of columns only the head is looked at: each column has a checksum of its own. */
function isIntactValue(key: Uint8Array, value: Uint8Array): boolean {
  // What is none of ours is seen at a glance, almost always.
  if (value.length < 6 || value[1] !== key[0]) return false;
  try {
    switch (key[0]) {
      case KIND.columns:
        readColumnHeads('', key, value);
        return true;
      case KIND.histograms:
        checkValue(key, value, decodeColumnHeads(contentOf(KIND.histograms, value)).headEnd);
        return true;
      case KIND.timestamps:
        checkValue(key, value, decodeTimestampPage(contentOf(KIND.timestamps, value)).headEnd);
        return true;
      default:
        checkValue(key, value);
        return true;
    }
  } catch (error) {
    if (error instanceof MalformedBytes || error instanceof MonError) return false;
    throw error;
  }
}
