/**
 * Applied rule sets over HTTP: read one, put one as a whole, remove one.
 *
 * `If-Match` carries the etag that a change was planned against. Format: docs/http-api.md.
 */
import { MonError } from '@mon/storage/model/error';
import { formatRfc3339 } from '../alerting/template/go-time.ts';
import type { JsonRuleSet, JsonRuleSetSummary } from '../api/rule-responses.ts';
import type { HttpRequest } from '../http/request.ts';
import { type HttpAnswer, type Route, success } from '../http/route.ts';
import { checkSetName } from './rule-owner.ts';
import type { RuleSet } from './rule-set-store.ts';
import { groupToJson, readGroupsJson } from './rule-wire.ts';
import type { Rules } from './rules-runtime.ts';

const ONE = '/api/v1/rules/sets/:name';

export function ruleSetRoutes(rules: Rules): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/rules/sets',
      handle: ({ tenant }) => success({ sets: rules.sets(tenant).map(summaryJson) }),
    },
    {
      method: 'GET',
      path: ONE,
      handle: (request) => setAnswer(rules.set(request.tenant, nameOf(request))),
    },
    {
      method: 'PUT',
      path: ONE,
      async handle(request) {
        const change = { tenant: request.tenant, name: nameOf(request), etag: etagOf(request) };
        const groups = readGroupsJson(await request.json());
        return setAnswer(await rules.putSet(change, groups));
      },
    },
    {
      method: 'DELETE',
      path: ONE,
      async handle(request) {
        const name = nameOf(request);
        await rules.removeSet({ tenant: request.tenant, name, etag: etagOf(request) });
        return setAnswer(rules.set(request.tenant, name));
      },
    },
  ];
}

function nameOf(request: HttpRequest): string {
  return checkSetName(request.param('name'));
}

function etagOf({ headers }: HttpRequest): string {
  const header = headers['if-match'];
  if (header !== undefined) return header.replace(/^"(.*)"$/, '$1');
  throw new MonError({
    code: 'bad-parameter',
    what: 'Cannot change the rule set',
    why: 'the request has no If-Match header, so that it could undo a change it does not know of',
    mend: 'Send the etag of the set as you read it, or If-Match: * to overwrite it whatever it holds.',
  });
}

function setAnswer(set: RuleSet): HttpAnswer {
  const { name, etag, groups, updatedAtMs } = set;
  const json: JsonRuleSet = {
    name,
    etag,
    groups: groups.map((group) => groupToJson(group.definition)),
    updated_at: updatedAtMs === undefined ? null : formatRfc3339(updatedAtMs),
  };
  const answer = success(json);
  return { ...answer, headers: { ...answer.headers, etag: `"${etag}"` } };
}

function summaryJson({ name, etag, groups, updatedAtMs = 0 }: RuleSet): JsonRuleSetSummary {
  const rules = groups.reduce((sum, group) => sum + group.rules.length, 0);
  return { name, etag, groups: groups.length, rules, updated_at: formatRfc3339(updatedAtMs) };
}
