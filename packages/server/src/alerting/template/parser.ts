/**
 * Parses a template's text into its tree, as Go's text/template/parse does: functions and variables
 * must be known here already.
 *
 * Format: https://pkg.go.dev/text/template
 */
import { lexTemplate, type Token, type TokenKind } from './lexer.ts';
import { literalOf } from './literal.ts';
import type { Command, Node, Operand, Pipeline, Span } from './nodes.ts';
import { TemplateSyntaxError } from './syntax-error.ts';

/** Blocks in blocks, parentheses in parentheses: deeper is refused. */
export const NESTING_MAX = 200;

export interface TemplateText {
  /** Shown in error messages. */
  readonly name: string;
  readonly text: string;
}

export interface Grammar {
  readonly isFunction: (name: string) => boolean;
  /** Variables set before the template starts: `$labels`, `$value`, ... */
  readonly variables: readonly string[];
}

/** A parsed template: its own body and what it defines beside it. */
export interface Template extends TemplateText {
  readonly body: readonly Node[];
  readonly defined: ReadonlyMap<string, DefinedTemplate>;
}

/** A body that `{{ template "name" }}` may call, with the text its spans point into. */
export interface DefinedTemplate extends TemplateText {
  readonly body: readonly Node[];
}

/**
 * Parses one text.
 *
 * @throws TemplateSyntaxError at the first mistake
 */
export function parseTemplate(source: TemplateText, grammar: Grammar): Template {
  return new Parser(source, grammar).run();
}

/** What ended a list of nodes. */
type ListEnd = 'end' | 'else' | 'end-of-text';

interface NodeList {
  readonly nodes: readonly Node[];
  readonly end: ListEnd;
  /** Where the word that ended the list stands. */
  readonly offset: number;
}

class Parser {
  readonly #source: TemplateText;
  readonly #grammar: Grammar;
  readonly #tokens: readonly Token[];
  readonly #defined = new Map<string, DefinedTemplate>();
  #at = 0;
  #variables: string[];
  #ranges = 0;
  #depth = 0;

  constructor(source: TemplateText, grammar: Grammar) {
    this.#source = source;
    this.#grammar = grammar;
    this.#tokens = lexTemplate(source.text);
    this.#variables = ['$', ...grammar.variables];
  }

  run(): Template {
    const { nodes, end, offset } = this.#list('top');
    if (end !== 'end-of-text') this.#fail(`unexpected {{${end}}}`, offset);
    return { ...this.#source, body: nodes, defined: this.#defined };
  }

  #list(place: 'top' | 'inside'): NodeList {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#next();
      if (token.kind === 'end-of-text') {
        if (place === 'inside') this.#fail('unexpected EOF', token.offset);
        return { nodes, end: 'end-of-text', offset: token.offset };
      }
      if (token.kind === 'error') this.#fail(token.text, token.offset);
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', text: token.text });
        continue;
      }
      const keyword = this.#peekPastSpace();
      const word = keyword.kind === 'keyword' ? keyword.text : undefined;
      if (word === 'end' || word === 'else') {
        this.#nextPastSpace();
        return { nodes, end: word, offset: keyword.offset };
      }
      if (word === 'define') {
        this.#nextPastSpace();
        if (place !== 'top') this.#unexpected(keyword, 'command');
        this.#define();
      } else nodes.push(this.#action(word));
    }
  }

  #action(word: string | undefined): Node {
    if (word === undefined) {
      return { kind: 'action', pipeline: this.#pipeline('command', 'close') };
    }
    const keyword = this.#nextPastSpace();
    switch (word) {
      case 'if':
      case 'range':
      case 'with':
        return this.#branch(word);
      case 'template':
        return this.#callTemplate(keyword);
      case 'block':
        return this.#block(keyword);
      default:
        return this.#leaveRange(word === 'break' ? 'break' : 'continue', keyword);
    }
  }

  #leaveRange(kind: 'break' | 'continue', keyword: Token): Node {
    if (this.#ranges === 0) this.#fail(`{{${kind}}} outside {{range}}`, keyword.offset);
    this.#expect('close', `{{${kind}}}`);
    return { kind };
  }

  #branch(kind: 'if' | 'range' | 'with'): Node {
    this.#deepen();
    const scope = this.#variables.length;
    const pipeline = this.#pipeline(kind, 'close');
    if (kind === 'range') this.#ranges++;
    const { nodes: body, end } = this.#list('inside');
    if (kind === 'range') this.#ranges--;
    const otherwise = end === 'else' ? this.#otherwise(kind) : this.#close('end');
    this.#variables.length = scope;
    this.#depth--;
    return { kind, pipeline, body, otherwise };
  }

  /** What follows `{{else`, up to and with its `{{end}}`. */
  #otherwise(kind: 'if' | 'range' | 'with'): readonly Node[] {
    const token = this.#peekPastSpace();
    if (token.kind === 'keyword' && token.text === kind && kind !== 'range') {
      this.#nextPastSpace();
      return [this.#branch(kind)];
    }
    this.#expect('close', 'else');
    const { nodes, end, offset } = this.#list('inside');
    if (end !== 'end') this.#fail('expected end; found {{else}}', offset);
    this.#close('end');
    return nodes;
  }

  #close(context: string): readonly Node[] {
    this.#expect('close', context);
    return [];
  }

  #define(): void {
    const name = this.#templateName('define clause');
    this.#expect('close', 'define clause');
    this.#defineBody(name, 'define clause');
  }

  #defineBody(name: string, context: string): void {
    const outer = { variables: this.#variables, ranges: this.#ranges };
    this.#deepen();
    this.#variables = ['$'];
    this.#ranges = 0;
    const { nodes: body, end, offset } = this.#list('inside');
    if (end !== 'end') this.#fail(`unexpected {{else}} in ${context}`, offset);
    this.#close('end');
    this.#variables = outer.variables;
    this.#ranges = outer.ranges;
    this.#depth--;
    this.#defined.set(name, { name, text: this.#source.text, body });
  }

  #callTemplate(keyword: Token): Node {
    const name = this.#templateName('template clause');
    const span = { start: keyword.offset, end: this.#peek().offset };
    if (this.#peekPastSpace().kind === 'close') {
      this.#nextPastSpace();
      return { kind: 'template', name, pipeline: undefined, span };
    }
    const pipeline = this.#pipeline('template clause', 'close');
    return { kind: 'template', name, pipeline, span };
  }

  #block(keyword: Token): Node {
    const name = this.#templateName('block clause');
    const span = { start: keyword.offset, end: this.#peek().offset };
    const pipeline = this.#pipeline('block clause', 'close');
    this.#defineBody(name, 'block clause');
    return { kind: 'template', name, pipeline, span };
  }

  #templateName(context: string): string {
    const token = this.#nextPastSpace();
    if (token.kind !== 'string' && token.kind !== 'raw-string') this.#unexpected(token, context);
    const literal = literalOf(token);
    if (typeof literal !== 'object') this.#fail(literal, token.offset);
    return String(literal.value);
  }

  #pipeline(context: string, end: 'close' | 'right-paren'): Pipeline {
    const start = this.#peekPastSpace().offset;
    const { variables, assigns } = this.#declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#peekPastSpace();
      if (token.kind === end) {
        this.#checkCommands(commands, context, token);
        this.#nextPastSpace();
        return { variables, assigns, commands, span: { start, end: token.offset } };
      }
      if (!OPERAND_STARTS.has(token.kind)) {
        this.#nextPastSpace();
        this.#unexpected(token, context);
      }
      commands.push(this.#command());
    }
  }

  #declarations(context: string): { variables: string[]; assigns: boolean } {
    const variables: string[] = [];
    for (;;) {
      const token = this.#peekPastSpace();
      if (token.kind !== 'variable') return { variables, assigns: false };
      const before = this.#at;
      this.#nextPastSpace();
      const sign = this.#peekPastSpace();
      if (sign.kind === 'assign' || sign.kind === 'declare') {
        this.#nextPastSpace();
        variables.push(token.text);
        this.#variables.push(...variables);
        return { variables, assigns: sign.kind === 'assign' };
      }
      if (sign.kind !== 'comma') {
        this.#at = before;
        return { variables: [], assigns: false };
      }
      this.#nextPastSpace();
      variables.push(token.text);
      if (context !== 'range' || variables.length > 1) {
        this.#fail(`too many declarations in ${context}`, token.offset);
      }
      if (this.#peekPastSpace().kind !== 'variable') {
        this.#fail('range can only initialize variables', this.#peek().offset);
      }
    }
  }

  #checkCommands(commands: readonly Command[], context: string, end: Token): void {
    if (commands.length === 0) this.#fail(`missing value for ${context}`, end.offset);
    commands.slice(1).forEach((command, i) => {
      const { kind } = command.operands[0];
      if (kind === 'literal' || kind === 'dot' || kind === 'nil') {
        this.#fail(`non executable command in pipeline stage ${i + 2}`, command.span.start);
      }
    });
  }

  #command(): Command {
    const operands: Operand[] = [];
    const start = this.#peekPastSpace().offset;
    for (;;) {
      this.#peekPastSpace();
      const operand = this.#operand();
      if (operand) operands.push(operand);
      const token = this.#peek();
      if (token.kind === 'space') {
        this.#next();
        continue;
      }
      if (token.kind === 'pipe') this.#next();
      else if (token.kind !== 'close' && token.kind !== 'right-paren') {
        this.#unexpected(this.#next(), 'operand');
      }
      const [first, ...rest] = operands;
      if (!first) this.#fail('empty command', token.offset);
      return {
        operands: [first, ...rest],
        span: { start, end: rest.at(-1)?.span.end ?? first.span.end },
      };
    }
  }

  #operand(): Operand | undefined {
    const term = this.#term();
    if (!term || this.#peek().kind !== 'field') return term;
    const path: string[] = [];
    let end = term.span.end;
    while (this.#peek().kind === 'field') {
      const field = this.#next();
      path.push(field.text.slice(1));
      end = field.offset + field.text.length;
    }
    const span = { start: term.span.start, end };
    switch (term.kind) {
      case 'field':
        return { kind: 'field', path: [...term.path, ...path], span };
      case 'variable':
        return { kind: 'variable', name: term.name, path, span };
      case 'literal':
      case 'nil':
      case 'dot':
        return this.#fail(`unexpected . after term ${this.#quote(term.span)}`, term.span.end);
      default:
        return { kind: 'chain', operand: term, path, span };
    }
  }

  #term(): Operand | undefined {
    const token = this.#peek();
    if (!OPERAND_STARTS.has(token.kind)) return undefined;
    this.#next();
    const span = { start: token.offset, end: token.offset + token.text.length };
    switch (token.kind) {
      case 'identifier':
        if (!this.#grammar.isFunction(token.text)) {
          this.#fail(`function ${JSON.stringify(token.text)} not defined`, token.offset);
        }
        return { kind: 'function', name: token.text, span };
      case 'dot':
        return { kind: 'dot', span };
      case 'nil':
        return { kind: 'nil', span };
      case 'variable':
        if (!this.#variables.includes(token.text)) {
          this.#fail(`undefined variable ${JSON.stringify(token.text)}`, token.offset);
        }
        return { kind: 'variable', name: token.text, path: [], span };
      case 'field':
        return { kind: 'field', path: [token.text.slice(1)], span };
      case 'left-paren':
        return this.#parenthesized(span.start);
      default: {
        const literal = literalOf(token);
        if (typeof literal !== 'object') this.#fail(literal, token.offset);
        return { kind: 'literal', ...literal, span };
      }
    }
  }

  #parenthesized(start: number): Operand {
    this.#deepen();
    const pipeline = this.#pipeline('parenthesized pipeline', 'right-paren');
    this.#depth--;
    return { kind: 'parenthesized', pipeline, span: { start, end: pipeline.span.end + 1 } };
  }

  #deepen(): void {
    if (++this.#depth > NESTING_MAX) {
      this.#fail(`nested deeper than ${NESTING_MAX}`, this.#peek().offset);
    }
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)] as Token;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  /** Skips a space for good: none is significant where this is asked. */
  #peekPastSpace(): Token {
    if (this.#peek().kind === 'space') this.#at++;
    return this.#peek();
  }

  #nextPastSpace(): Token {
    this.#peekPastSpace();
    return this.#next();
  }

  #expect(kind: TokenKind, context: string): void {
    const token = this.#nextPastSpace();
    if (token.kind !== kind) this.#unexpected(token, context);
  }

  #unexpected(token: Token, context: string): never {
    if (token.kind === 'error') this.#fail(token.text, token.offset);
    const name =
      token.kind === 'end-of-text'
        ? 'EOF'
        : token.kind === 'keyword'
          ? `<${token.text}>`
          : JSON.stringify(token.text.slice(0, 40));
    this.#fail(`unexpected ${name} in ${context}`, token.offset);
  }

  #quote(span: Span): string {
    return JSON.stringify(this.#source.text.slice(span.start, span.end));
  }

  #fail(mistake: string, offset: number): never {
    throw new TemplateSyntaxError(this.#source, { offset, mistake });
  }
}

const OPERAND_STARTS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'bool',
  'char',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw-string',
  'string',
  'variable',
  'left-paren',
]);
