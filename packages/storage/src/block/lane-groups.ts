/**
 * Which groups of a block have native histograms or exemplars, by slot: kept in the header, since
 * few blocks have any and a value that has gone missing must be noticed.
 */
import type { ByteReader } from '../encoding/byte-reader.ts';
import type { ByteWriter } from '../encoding/byte-writer.ts';
import { countOrdinals, type OrdinalRuns } from '../index/ordinal-runs.ts';

/** By index of the slot in the header: runs of group numbers. */
export interface LaneGroups {
  readonly histograms: readonly OrdinalRuns[];
  readonly exemplars: readonly OrdinalRuns[];
}

export const NO_LANE_GROUPS: LaneGroups = { histograms: [], exemplars: [] };

export function hasLanes({ histograms, exemplars }: LaneGroups): boolean {
  return [...histograms, ...exemplars].some((runs) => runs.length > 0);
}

/** How many values of a kind a slot has. */
export function lanesIn(groups: readonly OrdinalRuns[], slot: number): number {
  const runs = groups[slot];
  return runs === undefined ? 0 : countOrdinals(runs);
}

export function hasGroup(groups: readonly OrdinalRuns[], slot: number, group: number): boolean {
  const runs = groups[slot] ?? [];
  for (let i = 0; i < runs.length; i += 2) {
    if (group < (runs[i] as number)) return false;
    if (group < (runs[i + 1] as number)) return true;
  }
  return false;
}

/** Adds a group behind all others. */
export function addGroup(bounds: number[], group: number): void {
  if (bounds.at(-1) === group) bounds[bounds.length - 1] = group + 1;
  else bounds.push(group, group + 1);
}

/** @param slots how many the header has */
export function encodeLaneGroups(groups: LaneGroups, slots: number, out: ByteWriter): void {
  for (let slot = 0; slot < slots; slot++) {
    writeRuns(groups.histograms[slot] ?? new Uint32Array(0), out);
    writeRuns(groups.exemplars[slot] ?? new Uint32Array(0), out);
  }
}

function writeRuns(runs: OrdinalRuns, out: ByteWriter): void {
  out.varint(runs.length / 2);
  let end = 0;
  for (let i = 0; i < runs.length; i += 2) {
    out.varint((runs[i] as number) - end);
    end = runs[i + 1] as number;
    out.varint(end - (runs[i] as number) - 1);
  }
}

/** @throws MalformedBytes */
export function decodeLaneGroups(reader: ByteReader, slots: number): LaneGroups {
  const histograms: OrdinalRuns[] = [];
  const exemplars: OrdinalRuns[] = [];
  for (let slot = 0; slot < slots; slot++) {
    histograms.push(readRuns(reader));
    exemplars.push(readRuns(reader));
  }
  return { histograms, exemplars };
}

function readRuns(reader: ByteReader): OrdinalRuns {
  const bounds: number[] = [];
  let end = 0;
  for (let left = reader.varint(); left > 0; left--) {
    const start = end + reader.varint();
    end = start + reader.varint() + 1;
    bounds.push(start, end);
  }
  return Uint32Array.from(bounds);
}
