/**
 * `-o` of commands whose answer is a report of many parts: no single table holds it, so that CSV
 * is not among the forms.
 */
import { Flags } from '@oclif/core';

export const documentOutputFlag = {
  output: Flags.option({
    char: 'o',
    options: ['table', 'json', 'yaml'] as const,
    default: 'table',
    summary: 'Form of the data on standard output',
  })(),
};
