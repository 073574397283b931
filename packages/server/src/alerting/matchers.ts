/**
 * Alertmanager's matchers as text: `severity="critical"`, `team=~"a|b"`, `{a!="b", c!~"d.*"}`.
 *
 * Values may stand without quotes, as in Alertmanager's classic syntax. Regular expressions are
 * anchored RE2. Source: prometheus/alertmanager matchers/parse, pkg/labels.
 */
import { MonError } from '@mon/storage/model/error';
import { compileRegex, type Matcher, type MatcherKind } from '@mon/storage/model/matcher';
import { unquoteGo } from './template/go-string.ts';

const MATCHER =
  /\s*("(?:[^"\\]|\\.)*"|[^\s"'`{}!=~,\\]+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^"{},]*?)\s*(?=,|$)/y;

/**
 * Reads one or several matchers.
 *
 * @throws MonError `bad-matcher`
 */
export function parseMatchers(text: string): Matcher[] {
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1] ?? text;
  const matchers: Matcher[] = [];
  let at = 0;
  while (at < inner.length && inner.slice(at).trim() !== '') {
    MATCHER.lastIndex = at;
    const match = MATCHER.exec(inner);
    const [whole, name, kind, value] = match ?? [];
    if (whole === undefined || name === undefined || kind === undefined || value === undefined) {
      throw badMatcher(text, `${JSON.stringify(inner.slice(at).trim())} is no matcher`);
    }
    matchers.push(
      checked(text, {
        name: unquoted(text, name),
        kind: kind as MatcherKind,
        value: unquoted(text, value),
      }),
    );
    at += whole.length + 1;
  }
  return matchers;
}

function checked(text: string, matcher: Matcher): Matcher {
  if (matcher.kind === '=~' || matcher.kind === '!~') {
    try {
      compileRegex(matcher.value);
    } catch (thrown) {
      if (!(thrown instanceof MonError)) throw thrown;
      throw badMatcher(text, thrown.why);
    }
  }
  return matcher;
}

function unquoted(text: string, part: string): string {
  if (!part.startsWith('"')) return part;
  const value = unquoteGo(part);
  if (value === undefined) throw badMatcher(text, `${part} has a wrong escape`);
  return value;
}

function badMatcher(text: string, why: string): MonError {
  return new MonError({
    code: 'bad-matcher',
    what: `Cannot read ${JSON.stringify(text.slice(0, 200))} as matchers`,
    why,
    mend: 'Write them like severity="critical" or team=~"a|b".',
  });
}

/** `{a="b",c=~"d"}`, as Alertmanager writes them in group keys. */
export function formatMatchers(matchers: readonly Matcher[]): string {
  const texts = matchers.map(({ name, kind, value }) => `${name}${kind}${JSON.stringify(value)}`);
  return `{${texts.join(',')}}`;
}
