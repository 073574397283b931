/**
 * What writing a plan's files does on a host where some are there already. Pure.
 *
 * mon's own files are replaced. The configuration is the operator's: a changed one stays, and the
 * new one goes beside it, unless replacing it is asked for; then the present one is set aside.
 */
import type { PlannedFile } from './install-plan.ts';
import { NEW_CONFIG_SUFFIX, OLD_CONFIG_SUFFIX } from './places.ts';

/** A file as it is found: its text, or that it cannot be read. */
export type PresentFile = { readonly text: string } | 'unreadable';

export interface FileAct {
  readonly file: PlannedFile;
  /**
   * `create`: nothing is there. `unchanged`: the same is there. `replace`: another is there.
   * `beside`: another is there and stays, `target` is beside it. `set-aside`: another is there and
   * is kept as `.old`.
   */
  readonly kind: 'create' | 'unchanged' | 'replace' | 'beside' | 'set-aside';
  /** Where the text goes. */
  readonly target: string;
  /** Whether what is there could not be read; it then counts as different. */
  readonly isUnreadable: boolean;
}

export interface FileActOptions {
  /** Whether a configuration that is there may be replaced. */
  readonly replacesConfig: boolean;
}

/** @param present undefined: nothing is there */
export function fileAct(
  file: PlannedFile,
  present: PresentFile | undefined,
  { replacesConfig }: FileActOptions,
): FileAct {
  const isUnreadable = present === 'unreadable';
  const act = (kind: FileAct['kind'], target = file.path) => ({
    file,
    kind,
    target,
    isUnreadable,
  });
  if (present === undefined) return act('create');
  if (present !== 'unreadable' && present.text === file.text) return act('unchanged');
  if (file.present === 'replace') return act('replace');
  return replacesConfig ? act('set-aside') : act('beside', file.path + NEW_CONFIG_SUFFIX);
}

/** Where the present file of a `set-aside` is kept. */
export function asidePath({ path }: PlannedFile): string {
  return path + OLD_CONFIG_SUFFIX;
}

/** Whether an agent that runs would not know of what was written. */
export function needsRestart(acts: readonly FileAct[]): boolean {
  return acts.some(({ kind }) => kind === 'replace' || kind === 'set-aside');
}
