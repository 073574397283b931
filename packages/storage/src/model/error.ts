/**
 * The one error type for the world's faults: bad input, full disk, corrupt bytes, slow peer.
 *
 * Bugs are not MonErrors; they are assertions (`assert.ts`) and end the process. Every code stands
 * in docs/errors.md, and a test checks that.
 */

export interface MonErrorFields {
  /** Stable, kebab-case, listed in docs/errors.md. */
  readonly code: string;
  /** The action and its object: "Cannot decode chunk 17 of series 9". */
  readonly what: string;
  /** The state found and the state wanted: "checksum is 0x1f, expected 0x2a over 512 bytes". */
  readonly why: string;
  /** What the reader does now. */
  readonly mend: string;
  /** Whether the same call may succeed later without a change by the caller. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

export class MonError extends Error {
  readonly code: string;
  readonly what: string;
  readonly why: string;
  readonly mend: string;
  readonly retryable: boolean;

  constructor(fields: MonErrorFields) {
    super(
      `${fields.what}: ${fields.why}`,
      fields.cause === undefined ? {} : { cause: fields.cause },
    );
    this.name = 'MonError';
    this.code = fields.code;
    this.what = fields.what;
    this.why = fields.why;
    this.mend = fields.mend;
    this.retryable = fields.retryable ?? false;
  }
}

/** The fields of a MonError, as sent between threads and over HTTP. */
export type MonErrorFrame = Required<Omit<MonErrorFields, 'cause'>>;

/** Takes a MonError apart so that it survives structured cloning. */
export function errorFrame(error: MonError): MonErrorFrame {
  const { code, what, why, mend, retryable } = error;
  return { code, what, why, mend, retryable };
}

/** The message of anything that was thrown; a system call's without the code, call and path. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { code, syscall } = thrown as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return thrown.message;
  const text = new RegExp(`^${code}: (.+), ${syscall}\\b`).exec(thrown.message)?.[1];
  return text ?? thrown.message;
}
