/**
 * Repairs MANIFEST.log and its head's copy.
 */
import { join } from 'node:path';
import { readFile, replaceFile } from '../files/file-actions.ts';
import { HEAD_COPY_NAME, MANIFEST_NAME, replaceManifest } from '../manifest/manifest.ts';
import type { ManifestEntry } from '../manifest/manifest-entry.ts';
import {
  encodeHead,
  encodeState,
  type ManifestHead,
  type ManifestState,
} from '../manifest/manifest-record.ts';
import { MonError } from '../model/error.ts';
import { type KnownManifest, knownManifest } from './known-manifest.ts';
import { PartFindings } from './part-report.ts';
import { keepAside } from './quarantine-folder.ts';
import { rebuildManifest } from './rebuild-manifest.ts';
import { keepOriginal, type RepairContext, type RepairedPart } from './repair-plan.ts';
import { salvageManifest } from './salvage-manifest.ts';
import { manifestReport } from './verify-manifest.ts';

export interface ManifestRepair {
  readonly part: RepairedPart;
  /** What lives, now or after the repair that a dry run describes. */
  readonly live: readonly ManifestEntry[];
  readonly isCut: (generation: number) => boolean;
  readonly head: ManifestHead | undefined;
}

/** @throws MonError `hash-key-lost` */
export async function repairManifest(context: RepairContext): Promise<ManifestRepair> {
  const { dataDir, files, isDryRun } = context;
  const known = knownManifest(dataDir, files);
  const report = manifestReport(dataDir, known, { files, isRunning: false });
  const { state } = known;
  if (report.problems.length === 0) {
    const live = [...state.live.values()];
    const isCut = (generation: number) => state.cut.has(generation);
    const part = { ...report, deed: '', keptAs: undefined };
    return { part, live, isCut, head: known.head };
  }
  const head = headOf(context, known);
  const findings = new PartFindings('manifest', MANIFEST_NAME);
  const rebuilt = await decide(context, known, findings);
  let keptAs: string | undefined;
  if (!isDryRun) {
    keptAs = keepOriginal(context, join(dataDir, MANIFEST_NAME));
    // The next opening removes what is not listed.
    for (const name of rebuilt.unlisted) keepAside(files, dataDir, join(dataDir, 'blocks', name));
    replaceFile(files, join(dataDir, HEAD_COPY_NAME), [encodeHead(head)]);
    replaceManifest({ dataDir, files }, [encodeHead(head), encodeState(rebuilt.state)]);
  }
  const { live } = rebuilt.state;
  const deed = `rebuilt with ${live.length} directories`;
  const { losses, lossesLeftOut, samplesLost, remarks } = findings.report();
  const part = { ...report, losses, lossesLeftOut, samplesLost, remarks, deed, keptAs };
  return { part, live, isCut: (generation) => generation <= rebuilt.state.cutUpTo, head };
}

async function decide(
  { dataDir, files }: RepairContext,
  known: KnownManifest,
  findings: PartFindings,
): Promise<{ readonly state: ManifestState; readonly unlisted: readonly string[] }> {
  const isWhole = known.isThere && known.damages.every(({ isMended }) => isMended);
  if (isWhole) {
    const { live, cut, lastBlock } = known.state;
    const state = { cutUpTo: cut.upTo, cutAbove: cut.above, lastBlock };
    findings.remark('each damaged record had one flipped bit: nothing is lost');
    return { state: { live: [...live.values()], ...state }, unlisted: [] };
  }
  const { state, notNeeded, unreadable, gone } = await rebuildManifest(dataDir, known, files);
  for (const name of notNeeded) findings.remark(`blocks/${name} is not needed: others hold it`);
  for (const name of unreadable) {
    const what = `all that blocks/${name} held: not even its header is readable`;
    findings.loss({ series: 0, from: what, to: what, minTimeMs: undefined, maxTimeMs: undefined });
  }
  for (const { id } of gone) findings.remark(`blocks/${id} is gone: merged, expired, or lost`);
  return { state, unlisted: [...notNeeded, ...unreadable] };
}

/** The head with the hash key: the stored one, or its copy. */
function headOf({ dataDir, files }: RepairContext, known: KnownManifest): ManifestHead {
  if (known.head !== undefined) return known.head;
  const path = join(dataDir, HEAD_COPY_NAME);
  const isThere = files.state(path) !== undefined;
  const { head } = salvageManifest(isThere ? readFile(files, path) : new Uint8Array(0));
  if (head !== undefined) return head;
  throw new MonError({
    code: 'hash-key-lost',
    what: `Cannot rebuild ${join(dataDir, MANIFEST_NAME)}`,
    why: `its head, which holds the key of all series hashes, is lost, and so is ${HEAD_COPY_NAME}`,
    mend: `Restore ${HEAD_COPY_NAME} or ${MANIFEST_NAME} from a backup, of any age, and repair again.`,
  });
}
