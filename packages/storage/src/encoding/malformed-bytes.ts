/**
 * Thrown by decoders whose bytes break their format. It does not know whose bytes they are: whoever
 * read them turns it into a MonError that names file or key.
 */
export class MalformedBytes extends Error {
  constructor(reason: string, cause?: unknown) {
    super(reason, cause === undefined ? {} : { cause });
    this.name = 'MalformedBytes';
  }
}
