/**
 * What all parts of a repair share.
 */
import type { Files } from '../files/files.ts';
import type { PartReport } from './part-report.ts';
import { keepAside } from './quarantine-folder.ts';

export interface RepairOptions {
  /** Says what would be done, and changes nothing. */
  readonly isDryRun?: boolean;
  /** The damaged originals are deleted instead of kept in `DIR/quarantined/`. */
  readonly deletesOriginals?: boolean;
  readonly files?: Files;
  readonly onPart?: (part: RepairedPart) => void;
  readonly signal?: AbortSignal;
}

export interface RepairContext {
  readonly dataDir: string;
  readonly files: Files;
  readonly isDryRun: boolean;
  readonly deletesOriginals: boolean;
  readonly signal: AbortSignal | undefined;
}

export interface RepairedPart extends PartReport {
  /** What was done, or would be: `written anew as blocks/00000007`; '' where nothing was needed. */
  readonly deed: string;
  /** Where the damaged original is, within the data directory. */
  readonly keptAs: string | undefined;
}

/** Keeps the original of a part unless it is to be deleted. */
export function keepOriginal(
  { files, dataDir, deletesOriginals, isDryRun }: RepairContext,
  path: string,
): string | undefined {
  const isThere = files.state(path) !== undefined;
  return deletesOriginals || isDryRun || !isThere ? undefined : keepAside(files, dataDir, path);
}
