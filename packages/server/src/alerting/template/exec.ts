/**
 * Runs a parsed template: pure, bounded, its output a text.
 *
 * Semantics: https://pkg.go.dev/text/template with `missingkey=zero`, as Prometheus sets it.
 */

import { unreachable } from '@mon/storage/model/assert';
import { MonError, reasonOf } from '@mon/storage/model/error';
import { compareText } from '@mon/storage/model/labels';
import { acceptArgument } from './argument.ts';
import { fieldOf } from './field.ts';
import {
  type FunctionTable,
  lookUpFunction,
  QueryWanted,
  type Surroundings,
  type TemplateFunction,
} from './function.ts';
import type { Command, Node, Operand, Pipeline, RangeNode, Span, TemplateNode } from './nodes.ts';
import type { DefinedTemplate, Template } from './parser.ts';
import { lineOf } from './syntax-error.ts';
import { isTrue, printValue, typeNameOf, type Value } from './value.ts';

/** Longest output of one expansion, UTF-16 units. */
export const OUTPUT_LENGTH_MAX = 1024 * 1024;
/** Most loop turns and template calls in one expansion. */
export const TURNS_MAX = 100_000;
/** Deepest `{{ template }}` inside `{{ template }}`. */
export const CALL_DEPTH_MAX = 100;

export interface Execution {
  readonly functions: FunctionTable;
  readonly dot: Value;
  /** Values of the variables the grammar named: `$labels`, ... */
  readonly variables: ReadonlyMap<string, Value>;
  readonly surroundings: Surroundings;
  /** Further templates that may be called by name. */
  readonly defined?: ReadonlyMap<string, DefinedTemplate>;
}

/**
 * Runs a template.
 *
 * @throws MonError `template-failed`
 * @throws QueryWanted where it asks a query that the surroundings have no answer to
 */
export function execTemplate(template: Template, execution: Execution): string {
  const run: Run = { output: '', turns: 0, execution, defined: template.defined };
  const variables = [...execution.variables].map(([name, value]) => ({ name, value }));
  const frame = new Frame(run, template, 0, [{ name: '$', value: execution.dot }, ...variables]);
  frame.walk(template.body, execution.dot);
  return run.output;
}

/** What all frames of one expansion share. */
interface Run {
  output: string;
  turns: number;
  readonly execution: Execution;
  readonly defined: ReadonlyMap<string, DefinedTemplate>;
}

interface Variable {
  readonly name: string;
  value: Value;
}

type Flow = 'next' | 'break' | 'continue';

/** One template being executed: its text, for errors, and its variables. */
class Frame {
  readonly #run: Run;
  readonly #template: DefinedTemplate;
  readonly #depth: number;
  readonly #variables: Variable[];

  constructor(run: Run, template: DefinedTemplate, depth: number, variables: Variable[]) {
    this.#run = run;
    this.#template = template;
    this.#depth = depth;
    this.#variables = variables;
  }

  walk(nodes: readonly Node[], dot: Value): Flow {
    for (const node of nodes) {
      const flow = this.#node(node, dot);
      if (flow !== 'next') return flow;
    }
    return 'next';
  }

  #node(node: Node, dot: Value): Flow {
    switch (node.kind) {
      case 'text':
        this.#print(node.text, undefined);
        return 'next';
      case 'action': {
        const value = this.#pipeline(node.pipeline, dot);
        if (node.pipeline.variables.length === 0)
          this.#print(printValue(value), node.pipeline.span);
        return 'next';
      }
      case 'if':
      case 'with': {
        const scope = this.#variables.length;
        const value = this.#pipeline(node.pipeline, dot);
        const inner = node.kind === 'with' && isTrue(value) ? value : dot;
        const flow = this.walk(isTrue(value) ? node.body : node.otherwise, inner);
        this.#variables.length = scope;
        return flow;
      }
      case 'range':
        return this.#range(node, dot);
      case 'template':
        this.#call(node, dot);
        return 'next';
      case 'break':
      case 'continue':
        return node.kind;
      default:
        return unreachable(node);
    }
  }

  #print(text: string, span: Span | undefined): void {
    this.#run.output += text;
    if (this.#run.output.length > OUTPUT_LENGTH_MAX) {
      this.#fail(`output is longer than ${OUTPUT_LENGTH_MAX}`, span);
    }
  }

  #turn(span: Span): void {
    if (++this.#run.turns > TURNS_MAX) this.#fail(`more than ${TURNS_MAX} turns`, span);
  }

  #range(node: RangeNode, dot: Value): Flow {
    const scope = this.#variables.length;
    const value = this.#pipeline(node.pipeline, dot);
    const inside = this.#variables.length;
    let turned = false;
    let flow: Flow = 'next';
    for (const [key, item] of this.#itemsOf(value, node.pipeline.span)) {
      turned = true;
      this.#turn(node.pipeline.span);
      const { variables, assigns } = node.pipeline;
      const values = variables.length === 2 ? [key, item] : [item];
      variables.forEach((name, i) => {
        if (assigns) this.#assign(name, values[i] as Value, node.pipeline.span);
        else
          (this.#variables[inside - variables.length + i] as Variable).value = values[i] as Value;
      });
      flow = this.walk(node.body, item);
      this.#variables.length = inside;
      if (flow === 'break') break;
    }
    flow = turned ? 'next' : this.walk(node.otherwise, dot);
    this.#variables.length = scope;
    return flow;
  }

  *#itemsOf(value: Value, span: Span): Iterable<readonly [Value, Value]> {
    if (value === null) return;
    if (typeof value === 'bigint') {
      for (let i = 0n; i < value; i++) yield [i, i];
      return;
    }
    if (typeof value === 'object' && value.kind === 'list') {
      for (const [i, item] of value.items.entries()) yield [BigInt(i), item];
      return;
    }
    if (typeof value === 'object' && value.kind === 'map') {
      yield* [...value.entries].sort(([a], [b]) => compareText(a, b));
      return;
    }
    this.#fail(`range can't iterate over ${printValue(value)}`, span);
  }

  #call(node: TemplateNode, dot: Value): void {
    const { defined, execution } = this.#run;
    const template = defined.get(node.name) ?? execution.defined?.get(node.name);
    if (!template) this.#fail(`template ${JSON.stringify(node.name)} not defined`, node.span);
    if (this.#depth === CALL_DEPTH_MAX) {
      this.#fail(`exceeded maximum template depth (${CALL_DEPTH_MAX})`, node.span);
    }
    this.#turn(node.span);
    const inner = node.pipeline ? this.#pipeline(node.pipeline, dot) : null;
    new Frame(this.#run, template, this.#depth + 1, [{ name: '$', value: inner }]).walk(
      template.body,
      inner,
    );
  }

  #pipeline(pipeline: Pipeline, dot: Value): Value {
    let value: Value | undefined;
    for (const command of pipeline.commands) value = this.#command(command, dot, value);
    const result = value ?? null;
    for (const name of pipeline.variables) {
      if (pipeline.assigns) this.#assign(name, result, pipeline.span);
      else this.#variables.push({ name, value: result });
    }
    return result;
  }

  #assign(name: string, value: Value, span: Span): void {
    const variable = this.#variables.findLast((other) => other.name === name);
    if (!variable) this.#fail(`undefined variable: ${name}`, span);
    variable.value = value;
  }

  /** @param piped the value of the command before, a further last argument */
  #command({ operands, span }: Command, dot: Value, piped: Value | undefined): Value {
    const [first, ...args] = operands;
    const isCallable = first.kind === 'function' || hasPath(first);
    if (!isCallable && (args.length > 0 || piped !== undefined)) {
      this.#fail(`can't give argument to non-function ${this.#textOf(first.span)}`, first.span);
    }
    if (first.kind === 'nil') this.#fail('nil is not a command', first.span);
    return this.#operand(first, dot, { args, piped, span });
  }

  #operand(operand: Operand, dot: Value, given: Arguments): Value {
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return null;
      case 'literal':
        return operand.value;
      case 'function': {
        const found = lookUpFunction(this.#run.execution.functions, operand.name);
        if (!found)
          this.#fail(`${JSON.stringify(operand.name)} is not a defined function`, operand.span);
        if (operand.name === 'and' || operand.name === 'or') {
          return this.#logic(operand, dot, given);
        }
        return this.#invoke({ name: operand.name, callee: found, span: operand.span }, dot, given);
      }
      case 'field':
        return this.#path({ receiver: dot, path: operand.path, span: operand.span }, dot, given);
      case 'variable': {
        const variable = this.#variables.findLast((other) => other.name === operand.name);
        if (!variable) this.#fail(`undefined variable: ${operand.name}`, operand.span);
        const { path, span } = operand;
        return this.#path({ receiver: variable.value, path, span }, dot, given);
      }
      case 'parenthesized':
        return this.#pipeline(operand.pipeline, dot);
      case 'chain': {
        const receiver = this.#operand(operand.operand, dot, NO_ARGUMENTS);
        return this.#path({ receiver, path: operand.path, span: operand.span }, dot, given);
      }
      default:
        return unreachable(operand);
    }
  }

  #path(access: Access, dot: Value, given: Arguments): Value {
    const { path, span } = access;
    let value = access.receiver;
    path.forEach((name, i) => {
      const found = fieldOf(value, name);
      if (found === undefined) {
        this.#fail(`can't evaluate field ${name} in type ${typeNameOf(value)}`, span);
      }
      const own = i === path.length - 1 ? given : NO_ARGUMENTS;
      if (found.kind === 'method') {
        value = this.#invoke({ name, callee: found.method, span }, dot, own);
      } else if (own.args.length > 0 || own.piped !== undefined) {
        this.#fail(`${name} is not a method but has arguments`, span);
      } else value = found.value;
    });
    return value;
  }

  /** `and` and `or` stop at the first operand that decides. */
  #logic(operand: Operand & { kind: 'function' }, dot: Value, given: Arguments): Value {
    if (given.args.length === 0 && given.piped === undefined) {
      this.#fail(`wrong number of args for ${operand.name}: want at least 1 got 0`, operand.span);
    }
    let value: Value = null;
    for (const arg of given.args) {
      value = this.#operand(arg, dot, NO_ARGUMENTS);
      if (isTrue(value) === (operand.name === 'or')) return value;
    }
    return given.piped === undefined ? value : given.piped;
  }

  #invoke(invocation: Invocation, dot: Value, given: Arguments): Value {
    const { args, piped } = given;
    const { name, callee, span } = invocation;
    const count = args.length + (piped === undefined ? 0 : 1);
    this.#checkCount(invocation, count);
    const values = args.map((arg, i) => {
      const kind = callee.parameters[i] ?? callee.rest ?? 'any';
      const value = this.#operand(arg, dot, NO_ARGUMENTS);
      const accepted = acceptArgument(value, kind, arg.kind === 'literal' ? arg : undefined);
      if (accepted.kind === 'refused') this.#fail(accepted.reason, arg.span);
      return accepted.value;
    });
    if (piped !== undefined) {
      const kind = callee.parameters[count - 1] ?? callee.rest ?? 'any';
      const accepted = acceptArgument(piped, kind, undefined);
      if (accepted.kind === 'refused') this.#fail(accepted.reason, span);
      values.push(accepted.value);
    }
    try {
      return callee.call(values, this.#run.execution.surroundings);
    } catch (thrown) {
      if (thrown instanceof QueryWanted) throw thrown;
      return this.#fail(`error calling ${name}: ${reasonOf(thrown)}`, given.span ?? span);
    }
  }

  #checkCount({ name, callee, span }: Invocation, count: number): void {
    const wanted = callee.parameters.length;
    if (callee.rest !== undefined && count < wanted) {
      this.#fail(`wrong number of args for ${name}: want at least ${wanted} got ${count}`, span);
    }
    if (callee.rest === undefined && count !== wanted) {
      this.#fail(`wrong number of args for ${name}: want ${wanted} got ${count}`, span);
    }
  }

  #textOf(span: Span): string {
    return this.#template.text.slice(span.start, span.end);
  }

  #fail(reason: string, span: Span | undefined): never {
    const { name, text } = this.#template;
    const start = span?.start ?? 0;
    const column = start - (text.lastIndexOf('\n', start - 1) + 1);
    const at = span ? ` at <${this.#textOf(span).trim()}>` : '';
    throw new MonError({
      code: 'template-failed',
      what: `template: ${name}:${lineOf(text, start)}:${column}: executing ${JSON.stringify(name)}${at}`,
      why: reason,
      mend: 'Correct the template in the rule or the receiver.',
    });
  }
}

interface Arguments {
  readonly args: readonly Operand[];
  readonly piped: Value | undefined;
  /** Of the whole command, for errors of the called function. */
  readonly span?: Span;
}

const NO_ARGUMENTS: Arguments = { args: [], piped: undefined };

interface Access {
  readonly receiver: Value;
  readonly path: readonly string[];
  readonly span: Span;
}

interface Invocation {
  readonly name: string;
  readonly callee: TemplateFunction;
  readonly span: Span;
}

function hasPath(operand: Operand): boolean {
  return 'path' in operand && operand.path.length > 0;
}
