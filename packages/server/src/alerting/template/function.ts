/**
 * Functions that templates may call: a table of names with typed parameters, and what a call may
 * ask of its surroundings.
 */
import type { ParameterKind, Value } from './value.ts';

export interface TemplateFunction {
  readonly parameters: readonly ParameterKind[];
  /** Any number of further arguments of this kind. */
  readonly rest?: ParameterKind;
  /** @throws Error whose message is shown behind `error calling NAME: ` */
  readonly call: (args: readonly Value[], surroundings: Surroundings) => Value;
}

export type FunctionTable = Readonly<Record<string, TemplateFunction>>;

/** What functions may ask for; handed in so that an expansion is a pure function of its input. */
export interface Surroundings {
  readonly nowMs: number;
  /** Where users reach this server, without a trailing slash. */
  readonly externalUrl: string;
  /** Answers to the queries that the template asks. */
  readonly answers: ReadonlyMap<string, QueryAnswer>;
}

export type QueryAnswer =
  | { readonly kind: 'samples'; readonly samples: Value }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Thrown through a running template that needs an answer which is not there yet: find it, add it to
 * the answers, and run the template again from its start.
 */
export class QueryWanted extends Error {
  readonly expr: string;

  constructor(expr: string) {
    super(`template wants the answer to ${expr}`);
    this.expr = expr;
  }
}

/** Looks a function up; names inherited from Object are none. */
export function lookUpFunction(table: FunctionTable, name: string): TemplateFunction | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
