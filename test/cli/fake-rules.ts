/**
 * A loopback server with the rule endpoints: one applied set, kept with an etag.
 */
import type { JsonRuleGroup } from '@mon/server/api/rule-responses';
import { type FakeApi, failure, startFakeApi, success } from './fake-api.ts';

export interface FakeRules {
  readonly api: FakeApi;
  /** What the set holds. */
  groups(): readonly JsonRuleGroup[];
  /** Somebody else changes the set before the next PUT. */
  interfere(): void;
}

const PATH = '/api/v1/rules/sets/default';

export async function startFakeRules(initial: readonly JsonRuleGroup[] = []): Promise<FakeRules> {
  let groups = initial;
  let version = 1;
  let interferes = false;
  const set = () =>
    success({ name: 'default', etag: `v${version}`, groups, updated_at: '2026-01-01T00:00:00Z' });
  const change = (header: string | undefined, next: readonly JsonRuleGroup[]) => {
    if (interferes) version++;
    if (header !== `"v${version}"`) {
      return failure(409, 'Cannot change the rule set default: somebody changed it', {
        code: 'conflict',
        hint: 'Apply again.',
      });
    }
    groups = next;
    version++;
    return set();
  };
  const api = await startFakeApi({
    [`GET ${PATH}`]: set,
    [`PUT ${PATH}`]: ({ headers, body }) => change(headers['if-match'], JSON.parse(body).groups),
    [`DELETE ${PATH}`]: ({ headers }) => change(headers['if-match'], []),
  });
  return {
    api,
    groups: () => groups,
    interfere: () => {
      interferes = true;
    },
  };
}
