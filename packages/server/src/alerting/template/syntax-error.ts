/**
 * A mistake in a template's text, with where it stands.
 */
import { MonError } from '@mon/storage/model/error';

export class TemplateSyntaxError extends MonError {
  /** Offset in the template's text, UTF-16 units. */
  readonly offset: number;
  /** The mistake alone, without the template's name. */
  readonly mistake: string;

  constructor(template: { readonly name: string; readonly text: string }, at: SyntaxMistake) {
    super({
      code: 'bad-template',
      what: `template: ${template.name}:${lineOf(template.text, at.offset)}`,
      why: at.mistake,
      mend: "Write it in Go's template syntax: https://pkg.go.dev/text/template",
    });
    this.name = 'TemplateSyntaxError';
    this.offset = at.offset;
    this.mistake = at.mistake;
  }
}

export interface SyntaxMistake {
  readonly offset: number;
  readonly mistake: string;
}

/** The line, from 1, on which an offset stands. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  return line;
}
