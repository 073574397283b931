/**
 * One relabeling rule, compiled. The keys of the configuration and their defaults are Prometheus's.
 *
 * Source: prometheus/prometheus model/relabel/relabel.go.
 */
import { type AnchoredRegex, compileAnchored } from '@mon/storage/model/regex';

export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

export type RelabelAction = (typeof RELABEL_ACTIONS)[number];

export interface RelabelRule {
  readonly action: RelabelAction;
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  readonly targetLabel: string;
  readonly regex: AnchoredRegex;
  readonly replacement: string;
  readonly modulus: bigint;
}

export const RELABEL_DEFAULTS = {
  action: 'replace',
  sourceLabels: [],
  separator: ';',
  targetLabel: '',
  regex: '(.*)',
  replacement: '$1',
  modulus: 0,
} as const;

/** A rule as the configuration has it; what is left out has its default. */
export interface RelabelText {
  readonly action?: RelabelAction;
  readonly sourceLabels?: readonly string[];
  readonly separator?: string;
  readonly targetLabel?: string;
  readonly regex?: string;
  readonly replacement?: string;
  readonly modulus?: number;
}

/** @throws MonError `bad-regex` */
export function compileRelabel(text: RelabelText): RelabelRule {
  const { regex, modulus, ...rest } = { ...RELABEL_DEFAULTS, ...text };
  return { ...rest, regex: compileAnchored(regex), modulus: BigInt(modulus) };
}
