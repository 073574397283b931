/**
 * A file of targets for `file_sd_configs`: a list of `{targets: [...], labels: {...}}`, YAML or
 * JSON.
 *
 * Source: prometheus/prometheus discovery/file/file.go.
 */
import { readDocument } from '@mon/storage/settings/read-settings';
import { text, word } from '@mon/storage/settings/scalars';
import { list, mapOf, object, required, withDefault } from '@mon/storage/settings/schema';
import type { TargetGroup } from './target-group.ts';

const group = object({
  targets: required(list(word())),
  labels: withDefault(mapOf(text()), {}),
});
const groups = list(group);

export const TARGET_FILE_BYTES_MAX = 64 * 1024 * 1024;
/** A target file is named, or matched by one `*` in its last part. */
export const TARGET_FILE_PATTERN = /^[^*]*(\*[^/]*)?\.(json|yml|yaml)$/i;

/**
 * The groups of a file.
 *
 * @throws SettingsError with every mistake in it
 */
export function parseTargetFile(file: string, content: string): TargetGroup[] {
  const found = (/\.json$/i.test(file) ? readJson(content) : undefined) ?? readYaml(file, content);
  return found.map(({ targets, labels }, i) => ({
    source: `${file}:${i}`,
    addresses: targets,
    labels: { ...labels, __meta_filepath: file },
  }));
}

interface FoundGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

function readYaml(file: string, content: string): readonly FoundGroup[] {
  if (content.trim() === '') return [];
  return readDocument({ file, text: content, environment: {} }, groups).value;
}

/** The quick way for generated files; undefined where anything is off, for the other to explain. */
function readJson(content: string): FoundGroup[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed)) return undefined;
  const found: FoundGroup[] = [];
  for (const entry of parsed as unknown[]) {
    if (typeof entry !== 'object' || entry === null) return undefined;
    const { targets, labels = {}, ...others } = entry as Record<string, unknown>;
    if (Object.keys(others).length > 0 || !Array.isArray(targets)) return undefined;
    if (typeof labels !== 'object' || labels === null) return undefined;
    const values = Object.values(labels);
    if (!targets.every((target) => typeof target === 'string' && target !== '')) return undefined;
    if (!values.every((value) => typeof value === 'string')) return undefined;
    found.push({ targets, labels: labels as Record<string, string> });
  }
  return found;
}
