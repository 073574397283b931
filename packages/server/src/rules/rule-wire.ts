/**
 * Rule groups on the wire and on disk: the JSON of a rule file, each group with its file's name.
 *
 * Reading goes through the schema of rule files, so that what came in over HTTP is checked as
 * files are.
 */
import { formatDurationMs } from '@mon/storage/model/duration';
import { MonError } from '@mon/storage/model/error';
import { SettingsError } from '@mon/storage/settings/mistake';
import type { JsonFileRule, JsonRuleGroup } from '../api/rule-responses.ts';
import type { GroupDefinition, RuleDefinition } from './definition.ts';
import { type RuleGroup, readRuleGroups } from './rule-file.ts';

/** A group as JSON; what has its default is left out. */
export function groupToJson(group: GroupDefinition): JsonRuleGroup {
  const { file, name, intervalMs, limit, queryOffsetMs, labels, rules } = group;
  return {
    file,
    name,
    ...(intervalMs === undefined ? {} : { interval: formatDurationMs(intervalMs) }),
    ...(limit === 0 ? {} : { limit }),
    ...(queryOffsetMs === undefined ? {} : { query_offset: formatDurationMs(queryOffsetMs) }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    rules: rules.map(ruleToJson),
  };
}

function ruleToJson(rule: RuleDefinition): JsonFileRule {
  const { name, expr } = rule;
  const labels = Object.keys(rule.labels).length === 0 ? {} : { labels: rule.labels };
  if (rule.kind === 'recording') return { record: name, expr, ...labels };
  const { forMs, keepFiringForMs, annotations } = rule;
  return {
    alert: name,
    expr,
    ...(forMs === 0 ? {} : { for: formatDurationMs(forMs) }),
    ...(keepFiringForMs === 0 ? {} : { keep_firing_for: formatDurationMs(keepFiringForMs) }),
    ...labels,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}

/**
 * The groups of a JSON document `{"groups": [...]}`.
 *
 * @throws MonError `bad-rule` with all mistakes
 */
export function readGroupsJson(json: unknown): readonly RuleGroup[] {
  try {
    return readRuleGroups({ file: 'body', text: JSON.stringify(json ?? {}) });
  } catch (thrown) {
    if (!(thrown instanceof SettingsError)) throw thrown;
    throw new MonError({
      code: 'bad-rule',
      what: 'Cannot use the rules',
      why: mistakeLines(thrown).join('\n'),
      mend: '`mon rules check FILE` shows the same mistakes with their place in the file.',
    });
  }
}

/** The errors, a line each, placed by their path: a request has no lines that people see. */
export function mistakeLines({ mistakes }: SettingsError): string[] {
  return mistakes
    .filter((mistake) => mistake.severity === 'error')
    .map(({ path, what, mend }) => {
      return `${path === '' ? '' : `${path}: `}${what}${mend === '' ? '' : `; ${mend}`}`;
    });
}
