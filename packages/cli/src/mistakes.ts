/**
 * Mistakes of files on standard error: a line each, or annotations in a GitHub workflow.
 */
import { formatMistake, type Mistake } from '@mon/storage/settings/mistake';

/** A file that was checked. */
export interface WithMistakes {
  readonly mistakes: readonly Mistake[];
}

/** Mistakes as lines for standard error; in a GitHub workflow as annotations of the changed file. */
function mistakeLines(mistakes: readonly Mistake[], isGithub: boolean): string[] {
  return mistakes.map((mistake) => (isGithub ? annotation(mistake) : formatMistake(mistake)));
}

/**
 * GitHub's workflow command for an annotation.
 *
 * Source: docs.github.com, "Workflow commands for GitHub Actions".
 */
function annotation({ severity, file, line, column, path, what, mend }: Mistake): string {
  const place = path === '' ? '' : `${path}: `;
  const text = `${place}${what}${mend === '' ? '' : `; ${mend}`}`;
  return `::${severity} file=${escapeProperty(file)},line=${line},col=${column}::${escapeText(text)}`;
}

function escapeText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** Writes all mistakes to standard error. */
export function remarkMistakes(checked: readonly WithMistakes[]): void {
  const isGithub = process.env['GITHUB_ACTIONS'] === 'true';
  const mistakes = checked.flatMap((file) => file.mistakes);
  for (const line of mistakeLines(mistakes, isGithub)) process.stderr.write(`${line}\n`);
}

/** How many are errors, not warnings. */
export function countErrors(mistakes: readonly Mistake[]): number {
  return mistakes.filter(({ severity }) => severity === 'error').length;
}
