/**
 * Who may change a rule: configuration files (read-only over the API), an applied set, the JSON
 * API. Each owner's groups are apart; applying one set never touches another owner's.
 */
import { MonError } from '@mon/storage/model/error';
import { groupKey } from './definition.ts';
import type { RuleGroup } from './rule-file.ts';

export type RuleOwner =
  | { readonly kind: 'config' }
  | { readonly kind: 'set'; readonly name: string }
  | { readonly kind: 'api' };

export interface OwnedGroup {
  readonly owner: RuleOwner;
  readonly group: RuleGroup;
}

export const DEFAULT_SET = 'default';
export const SET_NAME_LENGTH_MAX = 100;

/** `config`, `set/NAME`, `api`. */
export function ownerText(owner: RuleOwner): string {
  return owner.kind === 'set' ? `set/${owner.name}` : owner.kind;
}

/** Identifies a group within a tenant. */
export function groupId({ owner, group }: OwnedGroup): string {
  return `${ownerText(owner)}/${groupKey(group.definition)}`;
}

/** @throws MonError `bad-rule-set` */
export function checkSetName(name: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name) && name.length <= SET_NAME_LENGTH_MAX) return name;
  throw new MonError({
    code: 'bad-rule-set',
    what: `Cannot use ${JSON.stringify(name.slice(0, 200))} as the name of a rule set`,
    why: `a name is 1 to ${SET_NAME_LENGTH_MAX} of letters, digits and _.-, a letter or digit first`,
    mend: 'Name another set with --set.',
  });
}
