/**
 * What applying rules would change, as a diff: the sign in the first column, so that a `diff` block
 * on GitHub colours it as a terminal does.
 */
import type { ApplyPlan, FieldChange, GroupChange, RuleChange } from '@mon/server/rules/plan-apply';
import type { Column } from './rows.ts';
import type { Color, Line } from './span.ts';
import { visible } from './width.ts';

type Sign = '+' | '-' | '!' | ' ';

const SIGN_COLOR: Readonly<Record<Sign, Color | undefined>> = {
  '+': 'green',
  '-': 'red',
  '!': 'yellow',
  ' ': undefined,
};

const SIGN_OF: Readonly<Record<GroupChange['kind'], Sign>> = {
  added: '+',
  removed: '-',
  changed: '!',
  unchanged: ' ',
  kept: ' ',
};

/** Groups that change, their changed rules and fields, and a line of totals. */
export function drawRuleDiff(plan: ApplyPlan): Line[] {
  const changed = plan.groups.filter(({ kind }) => kind !== 'unchanged' && kind !== 'kept');
  const kept = plan.groups.filter(({ kind }) => kind === 'kept').length;
  const notice = kept === 0 ? '' : `, ${countOf(kept, 'group')} not in the files left alone`;
  return [...changed.flatMap(groupLines), [{ text: `${planTotals(plan)}${notice}` }]];
}

/** `1 added, 2 changed, 0 removed, 12 unchanged`, counting rules. */
export function planTotals({ added, changed, removed, unchanged }: ApplyPlan): string {
  return `${added} added, ${changed} changed, ${removed} removed, ${unchanged} unchanged`;
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function groupLines({ kind, file, name, fields, rules }: GroupChange): Line[] {
  const sign = SIGN_OF[kind];
  return [
    signed(sign, 0, `group ${name} (${file})`, true),
    ...fields.flatMap((field) => fieldLines(field, 1)),
    ...rules.filter((rule) => rule.kind !== 'unchanged').flatMap(ruleLines),
  ];
}

function ruleLines({ kind, ruleKind, name, fields }: RuleChange): Line[] {
  const noun = ruleKind === 'alerting' ? 'alert' : 'record';
  return [
    signed(SIGN_OF[kind], 1, `${noun} ${name}`),
    ...inFileOrder(fields).flatMap((field) => fieldLines(field, 2)),
  ];
}

/** As people write rules: what it asks first, what it says last. */
const FIELD_ORDER = ['expr', 'for', 'keep_firing_for', 'labels', 'annotations'];

function inFileOrder(fields: readonly FieldChange[]): FieldChange[] {
  const place = ({ field }: FieldChange) => FIELD_ORDER.indexOf(field.split('.', 1)[0] ?? '');
  return [...fields].sort((a, b) => place(a) - place(b));
}

function fieldLines({ field, before, after }: FieldChange, depth: number): Line[] {
  const lines: Line[] = [];
  if (before !== undefined) lines.push(signed('-', depth, `${field}: ${before}`));
  if (after !== undefined) lines.push(signed('+', depth, `${field}: ${after}`));
  return lines;
}

function signed(sign: Sign, depth: number, text: string, bold = false): Line {
  const indent = '  '.repeat(depth);
  return [{ text: `${sign} ${indent}${visible(text)}`, color: SIGN_COLOR[sign], bold }];
}

/** One changed field, with where it stands: for JSON, YAML and CSV. */
export interface DiffRow {
  readonly change: GroupChange['kind'];
  readonly file: string;
  readonly group: string;
  /** Undefined where the group itself changes. */
  readonly rule: RuleChange | undefined;
  /** Undefined for a group or rule that has no fields. */
  readonly field: FieldChange | undefined;
}

export function diffRows(plan: ApplyPlan): DiffRow[] {
  return plan.groups.flatMap((group) => {
    if (group.kind === 'unchanged' || group.kind === 'kept') return [];
    const place = { file: group.file, group: group.name };
    const own = group.fields.map((field) => {
      return { change: group.kind, ...place, rule: undefined, field };
    });
    const rules = group.rules
      .filter((rule) => rule.kind !== 'unchanged')
      .flatMap((rule) => {
        const fields: readonly (FieldChange | undefined)[] =
          rule.fields.length === 0 ? [undefined] : rule.fields;
        return fields.map((field) => ({ change: rule.kind, ...place, rule, field }));
      });
    return [...own, ...rules];
  });
}

export const DIFF_COLUMNS: readonly Column<DiffRow>[] = [
  { key: 'change', value: ({ change }) => change },
  { key: 'file', value: ({ file }) => file },
  { key: 'group', value: ({ group }) => group },
  { key: 'kind', value: ({ rule }) => rule?.ruleKind },
  { key: 'rule', value: ({ rule }) => rule?.name },
  { key: 'field', value: ({ field }) => field?.field },
  { key: 'before', value: ({ field }) => field?.before },
  { key: 'after', value: ({ field }) => field?.after },
];
