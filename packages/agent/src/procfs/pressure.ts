/**
 * /proc/pressure/{cpu,io,memory,irq}: time that tasks lost waiting.
 *
 * Source: https://docs.kernel.org/accounting/psi.html
 */

/** Microseconds lost by some task, and by all tasks at once; undefined where a line is missing. */
export interface Pressure {
  readonly someMicros: number | undefined;
  readonly fullMicros: number | undefined;
}

export function parsePressure(text: string): Pressure {
  const total = (kind: string): number | undefined => {
    const match = new RegExp(`^${kind} .*total=(\\d+)$`, 'm').exec(text);
    return match === null ? undefined : Number(match[1]);
  };
  return { someMicros: total('some'), fullMicros: total('full') };
}
