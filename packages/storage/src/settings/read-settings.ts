/**
 * From YAML text to checked values: parses, reads sections with their schemas, and reports every
 * mistake at once.
 *
 *     const { value, warnings } = readSections(
 *       { file: 'prometheus.yml', text, environment: process.env },
 *       { global: withDefault(globalSettings, GLOBAL_DEFAULTS), server: withDefault(...) },
 *     );
 */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { MonError, reasonOf } from '../model/error.ts';
import { Cursor, type Source } from './cursor.ts';
import { type Mistake, SettingsError } from './mistake.ts';
import { type Fields, type ObjectValue, partOf, type Schema } from './schema.ts';
import { checkTopLevel } from './top-level.ts';

export interface SettingsText {
  /** Name for messages; relative paths in the text start at its folder. */
  readonly file: string;
  readonly text: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface ReadSettings<T> {
  readonly value: T;
  readonly warnings: readonly Mistake[];
}

/** Largest settings file taken. */
export const SETTINGS_BYTES_MAX = 16 * 1024 * 1024;

/** Aliases a document may resolve, against "billion laughs". */
const ALIASES_MAX = 1000;

/**
 * Reads a whole document with one schema: for files of their own kind (rule files, scrape config
 * files, target lists).
 *
 * @throws SettingsError with all mistakes
 */
export function readDocument<T>(input: SettingsText, schema: Schema<T>): ReadSettings<T> {
  const { source, root } = openText(input);
  return finish(source, schema.read(root));
}

/**
 * Reads a program's sections of the one configuration file. Keys of other programs are left
 * alone, unknown ones are mistakes.
 *
 * @throws SettingsError with all mistakes
 */
export function readSections<F extends Fields>(
  input: SettingsText,
  sections: F,
): ReadSettings<ObjectValue<F>> {
  const { source, root } = openText(input);
  if (!root.isEmpty && root.entries === undefined) {
    root.mistake(`the file must be a map of sections, not ${root.found}`);
    return finish<ObjectValue<F>>(source, undefined);
  }
  checkTopLevel(root);
  const value = partOf(sections).read(root);
  return finish(source, value);
}

/**
 * The text of a settings file.
 *
 * @throws MonError `config-unreadable`
 */
export async function readSettingsFile(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    if (bytes.length > SETTINGS_BYTES_MAX) {
      throw new Error(`it has ${bytes.length} bytes, at most ${SETTINGS_BYTES_MAX} are taken`);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new MonError({
      code: 'config-unreadable',
      what: `Cannot read the configuration ${file}`,
      why: reasonOf(cause),
      mend: 'Name a readable UTF-8 YAML file with --config.',
      cause,
    });
  }
}

function openText({ file, text, environment }: SettingsText): { source: Source; root: Cursor } {
  const lines = new LineCounter();
  const document: Document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    logLevel: 'silent',
  });
  const source = { file, dir: dirname(file), text, document, lines, environment, mistakes: [] };
  const root = new Cursor(source, '', document.contents);
  for (const error of document.errors) {
    new Cursor(source, '', undefined, error.pos[0]).mistake(yamlReason(error.code, error.message));
  }
  if (document.errors.length > 0) throw new SettingsError(file, source.mistakes);
  refuseAliasBomb(source, root);
  return { source, root };
}

function yamlReason(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key stands twice in the same map';
  if (code === 'TAB_AS_INDENT') return 'a tab is used for indentation; YAML takes spaces only';
  return `is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

/** Expands the document once with yaml's own guard; what it refuses, no schema walks into. */
function refuseAliasBomb(source: Source, root: Cursor): void {
  try {
    source.document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (thrown) {
    root.mistake(`cannot be expanded: ${reasonOf(thrown)}`, 'use fewer or other aliases');
    throw new SettingsError(source.file, source.mistakes);
  }
}

function finish<T>(source: Source, value: T | undefined): ReadSettings<T> {
  source.mistakes.sort((a, b) => a.line - b.line || a.column - b.column);
  const warnings = source.mistakes.filter((mistake) => mistake.severity === 'warning');
  if (value === undefined || warnings.length < source.mistakes.length) {
    throw new SettingsError(source.file, source.mistakes);
  }
  return { value, warnings };
}
