/**
 * The syntax tree of a template.
 *
 * Every node that can fail carries where it stands in the text: half-open, UTF-16 units.
 */
import type { Value } from './value.ts';

export interface Span {
  readonly start: number;
  readonly end: number;
}

export type Node =
  | TextNode
  | ActionNode
  | IfNode
  | RangeNode
  | WithNode
  | TemplateNode
  | BreakNode
  | ContinueNode;

export interface TextNode {
  readonly kind: 'text';
  readonly text: string;
}

/** `{{ pipeline }}`: prints its value, unless it declares variables. */
export interface ActionNode {
  readonly kind: 'action';
  readonly pipeline: Pipeline;
}

interface BranchNode {
  readonly pipeline: Pipeline;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

export interface IfNode extends BranchNode {
  readonly kind: 'if';
}

export interface RangeNode extends BranchNode {
  readonly kind: 'range';
}

export interface WithNode extends BranchNode {
  readonly kind: 'with';
}

/** `{{ template "name" pipeline }}`. */
export interface TemplateNode {
  readonly kind: 'template';
  readonly name: string;
  readonly pipeline: Pipeline | undefined;
  readonly span: Span;
}

export interface BreakNode {
  readonly kind: 'break';
}

export interface ContinueNode {
  readonly kind: 'continue';
}

export interface Pipeline {
  /** Variables declared or assigned: `$x :=`, `$i, $x :=`, `$x =`. */
  readonly variables: readonly string[];
  readonly assigns: boolean;
  readonly commands: readonly Command[];
  readonly span: Span;
}

/** An operand alone, or a function or method and its arguments. */
export interface Command {
  readonly operands: readonly [Operand, ...Operand[]];
  readonly span: Span;
}

export type Operand =
  | { readonly kind: 'dot'; readonly span: Span }
  | { readonly kind: 'nil'; readonly span: Span }
  | LiteralNode
  | { readonly kind: 'function'; readonly name: string; readonly span: Span }
  /** `.A.B` */
  | { readonly kind: 'field'; readonly path: readonly string[]; readonly span: Span }
  /** `$x.A.B` */
  | VariableNode
  | { readonly kind: 'parenthesized'; readonly pipeline: Pipeline; readonly span: Span }
  /** `(pipeline).A.B`, `f.A` */
  | ChainNode;

export interface LiteralNode {
  readonly kind: 'literal';
  readonly value: Exclude<Value, object>;
  /** A number without point or exponent, or a character: it may become an int or a float64. */
  readonly isUntypedNumber: boolean;
  readonly span: Span;
}

export interface VariableNode {
  readonly kind: 'variable';
  readonly name: string;
  readonly path: readonly string[];
  readonly span: Span;
}

export interface ChainNode {
  readonly kind: 'chain';
  readonly operand: Operand;
  readonly path: readonly string[];
  readonly span: Span;
}
