/**
 * A mistake in a settings file and the error that carries all of them.
 *
 * Reading a file never stops at the first mistake: each is noted with its place, and one
 * SettingsError with all of them ends the reading. Warnings are kept apart and end nothing.
 */
import { MonError } from '../model/error.ts';

export interface Mistake {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** Where in the tree: `scrape_configs[0].job_name`, or '' for the file as a whole. */
  readonly path: string;
  /** What is wrong: "must be a duration such as 15s, not 'soon'". */
  readonly what: string;
  /** What to write instead, or ''. */
  readonly mend: string;
}

/** Most mistakes kept of one file; a binary file would otherwise fill the memory with them. */
export const MISTAKES_MAX = 200;

/** A settings file that cannot be used, with everything that is wrong in it. */
export class SettingsError extends MonError {
  readonly mistakes: readonly Mistake[];

  constructor(file: string, mistakes: readonly Mistake[]) {
    const errors = mistakes.filter((mistake) => mistake.severity === 'error');
    const count = errors.length === 1 ? '1 mistake' : `${errors.length} mistakes`;
    super({
      code: 'bad-config',
      what: `Cannot use the configuration ${file}`,
      why: `${count}\n${errors.map((mistake) => `  ${formatMistake(mistake)}`).join('\n')}`,
      mend: 'Correct the lines named above; `mon config check FILE` shows what is left.',
    });
    this.name = 'SettingsError';
    this.mistakes = mistakes;
  }
}

/** One line: `prometheus.yml:3:5: scrape_configs[0].job_nam: unknown key; did you mean job_name?` */
export function formatMistake(mistake: Mistake): string {
  const { file, line, column, path, what, mend } = mistake;
  const place = path === '' ? '' : `${path}: `;
  const severity = mistake.severity === 'warning' ? 'warning: ' : '';
  return `${file}:${line}:${column}: ${severity}${place}${what}${mend === '' ? '' : `; ${mend}`}`;
}
