/**
 * RE2 expressions beyond label matchers: search anywhere in a text, capture, replace with `$1` and
 * `${name}`, as Go's regexp package does.
 *
 * Matchers, which are anchored, are in `matcher.ts`.
 */
import { RE2JS } from 're2js';
import { MonError, reasonOf } from './error.ts';
import { REGEX_LENGTH_MAX } from './matcher.ts';

/** A compiled expression; compile once, use often. */
export interface Regex {
  /** Whether it matches anywhere in the text. */
  readonly isIn: (text: string) => boolean;
  /** Replaces every match; `$1`, `${1}`, `${name}` stand for groups, `$$` for a dollar. */
  readonly replaceAll: (text: string, replacement: string) => string;
}

/**
 * Compiles an expression without anchoring it.
 *
 * @throws MonError `bad-regex`
 */
export function compileSearch(pattern: string): Regex {
  const regex = compile(pattern);
  return {
    isIn: (text) => regex.matcher(text).find(),
    replaceAll: (text, replacement) => replaceAll(regex, text, replacement),
  };
}

/** A compiled expression that must match a text from end to end, as in relabeling. */
export interface AnchoredRegex {
  readonly matches: (text: string) => boolean;
  /** The replacement with the groups of the match filled in; undefined where it does not match. */
  readonly expand: (text: string, replacement: string) => string | undefined;
}

/**
 * Compiles an expression anchored at both ends, in which `.` matches newlines too.
 *
 * @throws MonError `bad-regex`
 */
export function compileAnchored(pattern: string): AnchoredRegex {
  const regex = compile(pattern, RE2JS.DOTALL);
  const names = regex.namedGroups();
  return {
    matches: (text) => regex.matches(text),
    expand(text, replacement) {
      const matcher = regex.matcher(text);
      if (!matcher.matches()) return undefined;
      return expandGroups(replacement, (name) => {
        const index = /^\d+$/.test(name) ? Number(name) : names[name];
        if (index === undefined || index > matcher.groupCount()) return '';
        return matcher.group(index) ?? '';
      });
    },
  };
}

function replaceAll(regex: RE2JS, text: string, replacement: string): string {
  const names = regex.namedGroups();
  const matcher = regex.matcher(text);
  let result = '';
  let end = 0;
  while (matcher.find()) {
    const group = (name: string): string => {
      const index = /^\d+$/.test(name) ? Number(name) : names[name];
      if (index === undefined || index > matcher.groupCount()) return '';
      return matcher.group(index) ?? '';
    };
    result += text.slice(end, matcher.start()) + expandGroups(replacement, group);
    end = matcher.end();
  }
  return result + text.slice(end);
}

/** Fills the groups of a match into a replacement; the longest name counts: `$1x` is group `1x`. */
export function expandGroups(replacement: string, group: (name: string) => string): string {
  return replacement.replace(/\$(?:(\$)|(\w+)|\{(\w+)\})/g, (_, dollar, name, braced) => {
    return dollar ?? group(name ?? braced);
  });
}

function compile(pattern: string, flags = 0): RE2JS {
  try {
    if (pattern.length > REGEX_LENGTH_MAX) throw new Error(`longer than ${REGEX_LENGTH_MAX}`);
    return RE2JS.compile(RE2JS.translateRegExp(pattern), flags);
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
