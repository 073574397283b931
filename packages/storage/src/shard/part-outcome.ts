/**
 * What became of the samples of one part: counts, and for the first rejections why.
 */
import type { RejectionCode } from '../head/admission.ts';
import type { Head } from '../head/head.ts';
import type { SamplePart } from '../head/sample-part.ts';
import { REJECTIONS_MAX } from '../model/appender.ts';
import { formatLabels } from '../model/labels.ts';

export interface PartRejection {
  /** Number of the sample in the part as it was sent. */
  readonly sample: number;
  readonly code: string;
  readonly reason: string;
}

export interface PartOutcome {
  readonly rejected: number;
  readonly rejections: readonly PartRejection[];
}

/** Collects rejections while a part is admitted and inserted. */
export class PartRejections implements PartOutcome {
  rejected = 0;
  readonly rejections: PartRejection[] = [];
  readonly #head: Head;
  readonly #part: SamplePart;

  constructor(head: Head, part: SamplePart) {
    this.#head = head;
    this.#part = part;
  }

  /** A sample that admission took out, numbered as it was sent. */
  onRejected = (code: RejectionCode, sample: number, ref: number): void => {
    this.rejected++;
    if (this.rejections.length >= REJECTIONS_MAX) return;
    if (code === 'series-refused') {
      this.rejections.push({ sample, code, reason: this.#part.refusals?.[ref] ?? '' });
      return;
    }
    const series = formatLabels(this.#head.series.labels(ref));
    this.rejections.push({ sample, code, reason: rejectionReason(code, series) });
  };

  /** A sample that insertion refused, numbered as it is in the part now. */
  onConflict = (sample: number, ref: number): void => {
    const sent = this.#part.movedFrom?.[sample] ?? sample;
    this.onRejected('duplicate-timestamp', sent, ref);
  };
}

/** Why a sample was rejected, for a human. */
export function rejectionReason(code: RejectionCode, series: string): string {
  switch (code) {
    case 'too-old':
      return `${series}: the sample is older than the retention keeps`;
    case 'series-refused':
      return `${series}: new series of it are refused, since memory for series is short`;
    case 'too-far-ahead':
      return `${series}: the sample is too far ahead of the server's clock`;
    case 'duplicate-timestamp':
      return `${series}: another value stands at this timestamp`;
    case 'bad-timestamp':
      return `${series}: the timestamp is no whole number of milliseconds within 17,851 years of 1970`;
  }
}
