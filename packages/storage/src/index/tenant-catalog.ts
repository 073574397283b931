/**
 * What a block knows of one tenant: its series as a range of ordinals, its metrics as ranges of
 * these, its label names as ranges of label pairs. Format: docs/formats/block.md.
 */
import type { ByteReader } from '../encoding/byte-reader.ts';
import type { ByteWriter } from '../encoding/byte-writer.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';
import { compareText } from '../model/labels.ts';
import { FrontCodedReader, writeFrontCoded } from './label-page.ts';

export interface TenantCatalog {
  /** Ordinals of the tenant's series: [firstSeries, endSeries). */
  readonly firstSeries: number;
  readonly endSeries: number;
  /** Metric names, sorted; a series without one belongs to the metric ''. */
  readonly metrics: readonly string[];
  /** [metrics + 1] where each metric's series start. */
  readonly metricStarts: readonly number[];
  /** Label names, sorted. */
  readonly names: readonly string[];
  /** The tenant's pairs of name i are within [firstPairs[i], endPairs[i]). */
  readonly firstPairs: readonly number[];
  readonly endPairs: readonly number[];
}

export function encodeTenantCatalog(catalog: TenantCatalog, out: ByteWriter): void {
  out.varint(catalog.firstSeries);
  out.varint(catalog.metrics.length);
  let bytesBefore = new Uint8Array(0);
  catalog.metrics.forEach((metric, i) => {
    bytesBefore = writeFrontCoded(metric, bytesBefore, out);
    out.varint((catalog.metricStarts[i + 1] as number) - (catalog.metricStarts[i] as number));
  });
  out.varint(catalog.names.length);
  bytesBefore = new Uint8Array(0);
  catalog.names.forEach((name, i) => {
    const first = catalog.firstPairs[i] as number;
    bytesBefore = writeFrontCoded(name, bytesBefore, out);
    out.varint(first);
    out.varint((catalog.endPairs[i] as number) - first);
  });
}

/** @throws MalformedBytes */
export function decodeTenantCatalog(reader: ByteReader): TenantCatalog {
  const firstSeries = reader.varint();
  const metrics: string[] = [];
  const metricStarts = [firstSeries];
  let endSeries = firstSeries;
  const metricTexts = new FrontCodedReader(reader);
  for (let left = reader.varint(); left > 0; left--) {
    metrics.push(metricTexts.next());
    endSeries += reader.varint();
    metricStarts.push(endSeries);
  }
  const names: string[] = [];
  const firstPairs: number[] = [];
  const endPairs: number[] = [];
  const nameTexts = new FrontCodedReader(reader);
  for (let left = reader.varint(); left > 0; left--) {
    names.push(nameTexts.next());
    const first = reader.varint();
    firstPairs.push(first);
    endPairs.push(first + reader.varint());
  }
  if (reader.left !== 0) throw new MalformedBytes(`${reader.left} bytes are left over`);
  return { firstSeries, endSeries, metrics, metricStarts, names, firstPairs, endPairs };
}

/** The index of `text` in a sorted list, or -1. */
export function indexOfText(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareText(sorted[middle] as string, text) < 0) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === text ? low : -1;
}
