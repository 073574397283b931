/**
 * Reads everything that a data directory holds and checks every checksum and count of it. Nothing
 * is written, no LevelDB is opened.
 *
 * Memory: one segment's largest record, one block's index pages, a few blocks of LevelDB.
 */
import { join } from 'node:path';
import { isCode } from '../files/file-actions.ts';
import type { Files } from '../files/files.ts';
import { nodeFiles } from '../files/node-files.ts';
import { HEAD_COPY_NAME, MANIFEST_NAME } from '../manifest/manifest.ts';
import type { ManifestEntry } from '../manifest/manifest-entry.ts';
import { type KnownManifest, knownManifest } from './known-manifest.ts';
import { PartFindings, type PartReport } from './part-report.ts';
import { rebuildManifest } from './rebuild-manifest.ts';
import { verifyBlockDirectory } from './verify-block-directory.ts';
import { manifestReport } from './verify-manifest.ts';
import { verifyMeta } from './verify-meta.ts';
import { verifyWal } from './verify-wal.ts';

/** How often a log that loses files meanwhile is read again. */
const CHANGING_TRIES = 100;

/** What stands in a data directory; the spool in `agent` is that of `mon up`'s agent. */
const KNOWN_NAMES = new Set([
  ...['LOCK', 'wal', 'blocks', 'meta', 'ballast', 'quarantined', 'agent'],
  ...[MANIFEST_NAME, `${MANIFEST_NAME}.new`, HEAD_COPY_NAME, `${HEAD_COPY_NAME}.new`],
  ...['meta.new', 'meta.repairing', 'meta.repaired'],
]);

export interface VerifyOptions {
  readonly files?: Files;
  /** A server has the directory open: what it writes at this moment is no damage. */
  readonly isRunning?: boolean;
  /** Told of each part when it is done. */
  readonly onPart?: (part: PartReport, progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface Progress {
  readonly partsDone: number;
  readonly parts: number;
}

export interface DirectoryReport {
  readonly dataDir: string;
  readonly parts: readonly PartReport[];
  /** Whether nothing at all is wrong. */
  readonly isIntact: boolean;
}

/** @throws the file system's error where something cannot be read at all; the signal's reason */
export async function verifyDirectory(
  dataDir: string,
  options: VerifyOptions = {},
): Promise<DirectoryReport> {
  const { files = nodeFiles, isRunning = false, onPart, signal } = options;
  const aborting = signal === undefined ? {} : { signal };
  const manifest = knownManifest(dataDir, files);
  const live = await liveOf(dataDir, manifest, files);
  const parts: PartReport[] = [];
  const done = (part: PartReport) => {
    parts.push(part);
    onPart?.(part, { partsDone: parts.length, parts: live.length + 4 });
  };
  done(folderReport(dataDir, files));
  done(manifestReport(dataDir, manifest, { files, isRunning }));
  const isCut = (generation: number) => manifest.state.cut.has(generation);
  const wal = { dataDir, files, isCut, isRunning, ...aborting };
  done(isRunning ? whileChanging(() => verifyWal(wal)) : verifyWal(wal));
  done(await verifyMeta(dataDir, { files, isRunning }));
  const hashKey = manifest.head?.hashKey ?? new Uint8Array(16);
  for (const entry of live) {
    signal?.throwIfAborted();
    const block = { dataDir, entry, hashKey, files, ...aborting };
    const report = await verified(block, isRunning);
    if (report !== undefined) done(report);
  }
  return { dataDir, parts, isIntact: parts.every(({ problems }) => problems.length === 0) };
}

/** Reads anew where a server removes files of the log that is being read. */
function whileChanging(verify: () => PartReport): PartReport {
  for (let left = CHANGING_TRIES; ; left--) {
    try {
      return verify();
    } catch (error) {
      if (left === 0 || !isCode(causeOf(error), 'ENOENT')) throw error;
    }
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

/** What lives; where records are lost, what a repair would find to live. */
async function liveOf(
  dataDir: string,
  manifest: KnownManifest,
  files: Files,
): Promise<readonly ManifestEntry[]> {
  const isWhole = manifest.isThere && manifest.damages.every(({ isMended }) => isMended);
  if (isWhole) return [...manifest.state.live.values()];
  return (await rebuildManifest(dataDir, manifest, files)).state.live;
}

/** A directory that a running server has replaced meanwhile says nothing. */
async function verified(
  block: Parameters<typeof verifyBlockDirectory>[0],
  isRunning: boolean,
): Promise<PartReport | undefined> {
  const isGone = () => {
    const { state } = knownManifest(block.dataDir, block.files);
    return isRunning && !state.live.has(block.entry.id);
  };
  try {
    const report = await verifyBlockDirectory(block);
    return report.problems.length > 0 && isGone() ? undefined : report;
  } catch (error) {
    if (isGone()) return undefined;
    throw error;
  }
}

function folderReport(dataDir: string, files: Files): PartReport {
  const findings = new PartFindings('folder', '.');
  for (const name of files.list(dataDir).sort()) {
    const isLock = name === 'LOCK' || name.startsWith('LOCK.');
    const path = join(dataDir, name);
    const { bytes = 0, isDirectory = false } = files.state(path) ?? {};
    if (!isDirectory) findings.bytes += bytes;
    if (!isLock && !KNOWN_NAMES.has(name)) findings.remark(`${name} does not belong there`);
  }
  return findings.report();
}
