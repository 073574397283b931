/**
 * The two keyed hashes of a series: the one that places it on a shard, and its fingerprint.
 *
 * Both are SipHash-1-3 under the database's key over UTF-8 text. A tag byte tells them apart, and
 * 0xFF, which UTF-8 never contains, ends each text, so that no two sets run into the same bytes:
 *
 *     shard        0x01 tenant 0xFF (name 0xFF value 0xFF)*  without __name__, le, quantile
 *     fingerprint  0x02 tenant 0xFF (name 0xFF value 0xFF)*  all labels
 *
 * The shard hash is stored with each series in every block: this input is a format. See
 * docs/formats/block.md.
 */
import { type HashKey, siphash } from '../encoding/siphash.ts';
import { type Labels, METRIC_NAME } from '../model/labels.ts';
import type { TenantId } from '../model/tenant.ts';

export type { HashKey };

export const SHARD_TAG = 1;
export const FINGERPRINT_TAG = 2;
const TEXT_END = 0xff;

const encoder = new TextEncoder();
let scratch = new Uint8Array(4096);
let used = 0;

/**
 * Where a series lives, u32: the same for all buckets, the sum and the count of a histogram.
 */
export function shardHash(key: HashKey, tenant: TenantId, labels: Labels): number {
  begin(SHARD_TAG, tenant);
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] as string;
    if (name === METRIC_NAME || name === 'le' || name === 'quantile') continue;
    addText(name);
    addText(labels[i + 1] as string);
  }
  return siphash(key, scratch, { length: used })[1] as number;
}

/** The identity of a series as [high, low] u32 halves; equal ones are to be verified by labels. */
export function seriesFingerprint(
  key: HashKey,
  tenant: TenantId,
  labels: Labels,
): readonly [high: number, low: number] {
  begin(FINGERPRINT_TAG, tenant);
  for (let i = 0; i < labels.length; i++) addText(labels[i] as string);
  const hash = siphash(key, scratch, { length: used });
  return [hash[0] as number, hash[1] as number];
}

/** The shard out of `count` that a shard hash falls to. */
export function shardOf(hash: number, count: number): number {
  return Math.floor((hash * count) / 0x1_0000_0000);
}

function begin(tag: number, tenant: TenantId): void {
  used = 0;
  scratch[used++] = tag;
  addText(tenant);
}

function addText(text: string): void {
  // Three bytes hold any UTF-16 unit.
  const needed = used + 3 * text.length + 1;
  if (needed > scratch.length) {
    const grown = new Uint8Array(2 * needed);
    grown.set(scratch.subarray(0, used));
    scratch = grown;
  }
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) {
      used += encoder.encodeInto(text.slice(i), scratch.subarray(used)).written;
      break;
    }
    scratch[used++] = unit;
  }
  scratch[used++] = TEXT_END;
}
