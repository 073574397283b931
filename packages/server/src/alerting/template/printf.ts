/**
 * Go's fmt.Sprintf over template values: verbs, flags, width and precision, and Go's marks for a
 * wrong verb (`%!d(string=x)`), a missing or an extra argument.
 *
 * Source: https://pkg.go.dev/fmt
 */
import { type FloatVerb, formatFloat } from './go-float.ts';
import { quoteGo } from './go-string.ts';
import { formatPlain, typeNameOf, type Value } from './value.ts';

/** Widest field and longest fraction that a format may ask for. */
export const WIDTH_MAX = 10_000;

interface Directive {
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
  readonly verb: string;
}

const DIRECTIVE = /%([-+# 0]*)(\*|\d*)(?:(\.)(\*|\d*))?(\p{Any})?/gsu;

/** Formats `args` by `format`. */
export function sprintf(format: string, args: readonly Value[]): string {
  let used = 0;
  const star = (text: string | undefined): number | undefined => {
    if (text === undefined || text === '') return undefined;
    const size = text === '*' ? Number(args[used++] ?? 0) : Number(text);
    return Number.isFinite(size) ? Math.max(-WIDTH_MAX, Math.min(size, WIDTH_MAX)) : undefined;
  };
  const text = format.replace(DIRECTIVE, (_, flags, width, point, precision, verb) => {
    if (verb === undefined) return '%!(NOVERB)';
    const directive: Directive = {
      flags,
      width: star(width),
      precision: point === undefined ? undefined : (star(precision) ?? 0),
      verb,
    };
    if (verb === '%') return '%';
    if (used >= args.length) return `%!${verb}(MISSING)`;
    return formatDirective(directive, args[used++] as Value);
  });
  if (used >= args.length || args.length === 0) return text;
  const extra = args.slice(used).map((arg) => `${typeNameOf(arg)}=${formatPlain(arg)}`);
  return `${text}%!(EXTRA ${extra.join(', ')})`;
}

function formatDirective(directive: Directive, value: Value): string {
  const { verb } = directive;
  if (verb === 'T') return pad(typeNameOf(value), directive);
  if (verb === 'v') return formatDefault(directive, value);
  const text = formatVerb(directive, value);
  if (text !== undefined) return text;
  if (value === null) return `%!${verb}(<nil>)`;
  return `%!${verb}(${typeNameOf(value)}=${formatPlain(value)})`;
}

function formatDefault(directive: Directive, value: Value): string {
  if (typeof value === 'number') return formatNumber({ ...directive, verb: 'g' }, value);
  if (typeof value === 'bigint') return formatInteger({ ...directive, verb: 'd' }, value);
  if (typeof value === 'string' && directive.flags.includes('#')) return quoteGo(value);
  if (typeof value === 'string') return pad(cut(value, directive), directive);
  return pad(formatPlain(value), directive);
}

/** Undefined where the verb does not fit the value's type. */
function formatVerb(directive: Directive, value: Value): string | undefined {
  const { verb } = directive;
  switch (typeof value) {
    case 'boolean':
      return verb === 't' ? pad(String(value), directive) : undefined;
    case 'bigint':
      return /[bcdoOqxXU]/.test(verb) ? formatInteger(directive, value) : undefined;
    case 'number':
      return /[eEfFgG]/.test(verb) ? formatNumber(directive, value) : undefined;
    case 'string':
      return formatText(directive, value);
    default:
  }
  if (value === null) return undefined;
  if (value.kind === 'list') {
    return `[${value.items.map((item) => formatDirective(directive, item)).join(' ')}]`;
  }
  if (value.kind === 'duration' && verb === 'd') {
    return pad(String(Math.round(value.durationMs * 1e6)), directive);
  }
  return verb === 's' ? pad(formatPlain(value), directive) : undefined;
}

function formatText(directive: Directive, value: string): string | undefined {
  switch (directive.verb) {
    case 's':
      return pad(cut(value, directive), directive);
    case 'q':
      return pad(quoteGo(cut(value, directive)), directive);
    case 'x':
    case 'X': {
      const hex = Buffer.from(value).toString('hex');
      return pad(directive.verb === 'X' ? hex.toUpperCase() : hex, directive);
    }
    default:
      return undefined;
  }
}

function cut(value: string, { precision }: Directive): string {
  return precision === undefined ? value : [...value].slice(0, precision).join('');
}

const RADIX: Readonly<Record<string, number>> = { b: 2, o: 8, O: 8, d: 10, x: 16, X: 16 };
const PREFIX: Readonly<Record<string, string>> = { b: '0b', o: '0', x: '0x', X: '0X' };

function formatInteger(directive: Directive, value: bigint): string {
  const { verb, flags, precision } = directive;
  if (verb === 'c') return pad(String.fromCodePoint(Number(value)), directive);
  if (verb === 'q') return pad(`'${String.fromCodePoint(Number(value))}'`, directive);
  const size = value < 0n ? -value : value;
  if (verb === 'U') {
    return pad(`U+${size.toString(16).toUpperCase().padStart(4, '0')}`, directive);
  }
  let digits = size.toString(RADIX[verb]).padStart(precision ?? 0, '0');
  if (verb === 'X') digits = digits.toUpperCase();
  if (flags.includes('#')) digits = (PREFIX[verb] ?? '') + digits;
  if (verb === 'O') digits = `0o${digits}`;
  return padNumber(signOf(value < 0n, flags), digits, directive);
}

function formatNumber(directive: Directive, value: number): string {
  const { verb, precision, flags } = directive;
  const lower = verb.toLowerCase() as FloatVerb;
  const text = formatFloat(value, lower, precision ?? (lower === 'g' ? -1 : 6));
  const unsigned = text.replace(/^[+-]/, '');
  const cased = verb === 'E' || verb === 'G' ? unsigned.toUpperCase() : unsigned;
  // Infinity shows its sign always, as Go does.
  const sign = text.startsWith('+') ? '+' : signOf(text.startsWith('-'), flags);
  if (Number.isFinite(value)) return padNumber(sign, cased, directive);
  return pad(sign + unsigned, { ...directive, flags: flags.replaceAll('0', '') });
}

function signOf(isNegative: boolean, flags: string): string {
  if (isNegative) return '-';
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

function padNumber(sign: string, digits: string, directive: Directive): string {
  const { flags, width } = directive;
  const zeros = flags.includes('0') && !flags.includes('-') && width !== undefined;
  return pad(sign + (zeros ? digits.padStart(width - sign.length, '0') : digits), directive);
}

function pad(text: string, { flags, width }: Directive): string {
  if (width === undefined) return text;
  const fill = ' '.repeat(Math.max(0, Math.abs(width) - [...text].length));
  return flags.includes('-') || width < 0 ? text + fill : fill + text;
}
