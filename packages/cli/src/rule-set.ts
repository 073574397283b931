/**
 * Applied rule sets as the CLI handles them: read from the server, compared with files, put back.
 */
import type { ApiClient } from '@mon/server/api/client';
import type { JsonRuleGroup, JsonRuleSet } from '@mon/server/api/rule-responses';
import { type GroupDefinition, groupKey } from '@mon/server/rules/definition';
import { type ApplyPlan, planApply } from '@mon/server/rules/plan-apply';
import { checkSetName, DEFAULT_SET } from '@mon/server/rules/rule-owner';
import { groupToJson, readGroupsJson } from '@mon/server/rules/rule-wire';
import { MonError } from '@mon/storage/model/error';
import { Flags } from '@oclif/core';
import { countErrors } from './mistakes.ts';
import { type CheckedFile, checkRuleFiles } from './rule-files.ts';

export const setFlag = Flags.string({
  helpValue: 'NAME',
  default: DEFAULT_SET,
  summary: 'Applied set that the files are about',
});

/** What applying would change, and against what it was planned. */
export interface PlannedSet {
  readonly name: string;
  readonly etag: string;
  readonly plan: ApplyPlan;
  /** Warnings of the files. */
  readonly checked: readonly CheckedFile[];
}

export interface PlanOptions {
  readonly paths: readonly string[];
  readonly set: string;
  readonly prune: boolean;
}

/** Reads the files, then the set, and compares. Undefined where a file has errors. */
export async function planSet(
  client: ApiClient,
  checked: readonly CheckedFile[],
  { set, prune }: Omit<PlanOptions, 'paths'>,
): Promise<PlannedSet> {
  const wanted = wantedGroups(checked);
  const { name, etag, groups } = await getSet(client, set);
  const current = readGroupsJson({ groups }).map((group) => group.definition);
  return { name, etag, plan: planApply(current, wanted, { prune }), checked };
}

/**
 * The files named, without errors.
 *
 * @throws MonError `bad-rules` where a file has errors; their places are told by `note` first
 */
export async function soundFiles(
  paths: readonly string[],
  note: (checked: readonly CheckedFile[]) => void,
): Promise<readonly CheckedFile[]> {
  const checked = await checkRuleFiles(paths);
  note(checked);
  const errors = checked.reduce((sum, { mistakes }) => sum + countErrors(mistakes), 0);
  if (errors === 0) return checked;
  throw new MonError({
    code: 'bad-rules',
    what: 'Cannot use the rule files',
    why: errors === 1 ? 'they have an error' : `they have ${errors} errors`,
    mend: 'Correct what is named above; nothing was changed.',
  });
}

/** @throws MonError `duplicate-group` */
function wantedGroups(checked: readonly CheckedFile[]): GroupDefinition[] {
  const places = new Map<string, string>();
  const groups: GroupDefinition[] = [];
  for (const { file, rules } of checked) {
    for (const { definition } of rules?.groups ?? []) {
      const key = groupKey(definition);
      const other = places.get(key);
      if (other !== undefined) throw duplicateGroup(definition, [other, file]);
      places.set(key, file);
      groups.push(definition);
    }
  }
  return groups;
}

function duplicateGroup({ name, file }: GroupDefinition, places: readonly string[]): MonError {
  return new MonError({
    code: 'duplicate-group',
    what: `Cannot tell apart the groups ${JSON.stringify(name)} of ${places.join(' and ')}`,
    why: `a set knows a group by its name and its file's base name, ${file}`,
    mend: 'Rename a group or a file, or apply the files to different sets.',
  });
}

/** @throws MonError `bad-rule-set`, and those of the client */
export function getSet(client: ApiClient, name: string): Promise<JsonRuleSet> {
  return client.ask({ method: 'GET', path: setPath(name) });
}

/** Stores the plan's result, unless somebody else changed the set since. */
export function putSet(client: ApiClient, { name, etag, plan }: PlannedSet): Promise<JsonRuleSet> {
  const groups: readonly JsonRuleGroup[] = plan.result.map(groupToJson);
  const headers = { 'if-match': `"${etag}"` };
  return client.ask({ method: 'PUT', path: setPath(name), headers, body: { groups } });
}

/** Removes what was read under `etag`. */
export function removeSet(client: ApiClient, { name, etag }: JsonRuleSet): Promise<JsonRuleSet> {
  const headers = { 'if-match': `"${etag}"` };
  return client.ask({ method: 'DELETE', path: setPath(name), headers });
}

function setPath(name: string): string {
  return `/api/v1/rules/sets/${encodeURIComponent(checkSetName(name))}`;
}
