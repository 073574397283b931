/**
 * A test on one label of a series, as it stands in the braces of a PromQL selector.
 *
 * Regular expressions are RE2, anchored at both ends, `.` matches newlines, run in linear time
 * (re2js). A missing label has the value ''.
 */
import { RE2JS } from 're2js';
import { MonError, reasonOf } from './error.ts';
import { type Labels, labelValue } from './labels.ts';

export type MatcherKind = '=' | '!=' | '=~' | '!~';

export interface Matcher {
  readonly kind: MatcherKind;
  readonly name: string;
  readonly value: string;
}

/** Whether a label value passes a matcher. */
export type ValueTest = (value: string) => boolean;

/** Longest regular expression taken, in UTF-16 units. */
export const REGEX_LENGTH_MAX = 64 * 1024;

/**
 * Compiles an anchored RE2 expression.
 *
 * @throws MonError `bad-regex` where the expression does not compile
 */
export function compileRegex(pattern: string): ValueTest {
  const literals = literalAlternatives(pattern);
  if (literals !== undefined) return (value) => literals.has(value);
  if (pattern === '.*') return () => true;
  if (pattern === '.+') return (value) => value !== '';
  const prefix = /^([\w:/-]*)\.\*$/.exec(pattern)?.[1];
  if (prefix !== undefined) return (value) => value.startsWith(prefix);
  const regex = compile(pattern);
  return (value) => regex.matches(value);
}

function compile(pattern: string): RE2JS {
  try {
    if (pattern.length > REGEX_LENGTH_MAX) throw new Error(`longer than ${REGEX_LENGTH_MAX}`);
    return RE2JS.compile(RE2JS.translateRegExp(pattern), RE2JS.DOTALL);
  } catch (cause) {
    throw new MonError({
      code: 'bad-regex',
      what: `Cannot compile the regular expression ${JSON.stringify(pattern)}`,
      why: reasonOf(cause),
      mend: 'Write it in RE2 syntax: no look-around, no back-references.',
      cause,
    });
  }
}

/**
 * The set of values that a plain alternation such as `a|b|c` matches, or undefined where the
 * pattern is anything else. Lets the index look values up instead of testing each.
 */
export function literalAlternatives(pattern: string): ReadonlySet<string> | undefined {
  if (/[\\.+*?()[\]{}^$]/.test(pattern)) return undefined;
  return new Set(pattern.split('|'));
}

/**
 * The test a matcher applies to a label's value ('' where the label is missing).
 *
 * @throws MonError `bad-regex`
 */
export function valueTest(matcher: Matcher): ValueTest {
  const { kind, value: wanted } = matcher;
  switch (kind) {
    case '=':
      return (value) => value === wanted;
    case '!=':
      return (value) => value !== wanted;
    case '=~':
      return compileRegex(wanted);
    case '!~': {
      const test = compileRegex(wanted);
      return (value) => !test(value);
    }
  }
}

/** Whether a label set passes all matchers; compile once, test many. */
export function labelsTest(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: valueTest(matcher) }));
  return (labels) => tests.every(({ name, test }) => test(labelValue(labels, name)));
}

/** Writes a matcher as PromQL does. */
export function formatMatcher({ name, kind, value }: Matcher): string {
  return `${name}${kind}${JSON.stringify(value)}`;
}
