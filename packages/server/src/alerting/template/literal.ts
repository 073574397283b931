/**
 * Values of the literals in a template: numbers, characters, strings, booleans.
 */
import { unquoteGo } from './go-string.ts';
import type { Token } from './lexer.ts';
import type { LiteralNode } from './nodes.ts';

type Literal = Pick<LiteralNode, 'value' | 'isUntypedNumber'>;

const INT64_MAX = 2n ** 63n - 1n;

/** The literal's value, or what is wrong with it. */
export function literalOf(token: Token): Literal | string {
  switch (token.kind) {
    case 'bool':
      return { value: token.text === 'true', isUntypedNumber: false };
    case 'number':
      return numberOf(token.text);
    case 'char': {
      const char = unquoteGo(token.text);
      if (char === undefined || [...char].length !== 1) {
        return `malformed character constant: ${token.text}`;
      }
      return { value: BigInt(char.codePointAt(0) ?? 0), isUntypedNumber: true };
    }
    default: {
      const value = unquoteGo(token.text);
      return value === undefined ? 'invalid syntax' : { value, isUntypedNumber: false };
    }
  }
}

function numberOf(text: string): Literal | string {
  const digits = text.replaceAll('_', '');
  const isPrefixed = /^[+-]?0[xXbBoO]/.test(digits);
  if (!isPrefixed && /[.eE]/.test(digits)) {
    const value = Number(digits);
    if (Number.isFinite(value)) return { value, isUntypedNumber: false };
    return `bad number syntax: ${JSON.stringify(text)}`;
  }
  const size = wholeNumber(digits.replace(/^[+-]/, ''));
  if (size === undefined) return `bad number syntax: ${JSON.stringify(text)}`;
  if (size > INT64_MAX) return `integer overflow: ${JSON.stringify(text)}`;
  return { value: digits.startsWith('-') ? -size : size, isUntypedNumber: true };
}

function wholeNumber(digits: string): bigint | undefined {
  // Go reads a leading zero as octal.
  const text = /^0[0-9]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  if (!/^(?:[0-9]+|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(text)) return undefined;
  return BigInt(text);
}
