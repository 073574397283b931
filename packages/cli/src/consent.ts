/**
 * Asking whether to go on, on a terminal.
 */
import { createInterface } from 'node:readline/promises';
import { MonError } from '@mon/storage/model/error';

/**
 * Whether the answer was yes; no is the answer of an empty line.
 *
 * @param flag what says yes beforehand, for scripts
 * @throws MonError `no-consent` where there is nobody to ask
 */
export async function askConsent(question: string, flag: string): Promise<boolean> {
  if (process.stdin.isTTY !== true) {
    throw new MonError({
      code: 'no-consent',
      what: 'Cannot go on',
      why: `standard input is no terminal to ask on, and ${flag} is not given`,
      mend: `Add ${flag}.`,
    });
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}
