/**
 * The series of one scraped target: takes exposition bodies, round after round, and gives columns
 * with final labels, report series and staleness markers. No network, no clock.
 */
import type { SampleColumns } from '@mon/storage/model/appender';
import { MonError } from '@mon/storage/model/error';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import type { SeriesLanes } from '@mon/storage/model/series-lanes';
import { expositionFormat } from '@mon/storage/protocol/exposition-format';
import { MetadataNotes } from '@mon/storage/protocol/exposition-parse';
import { ExpositionScanner } from '@mon/storage/protocol/exposition-scanner';
import { readSeries } from '@mon/storage/protocol/exposition-series';
import { finalLabels, type SampleLabelRules } from './sample-labels.ts';
import { ScrapeCache } from './scrape-cache.ts';
import { SeriesRounds } from './series-rounds.ts';
import { TargetExemplars } from './target-exemplars.ts';
import { TargetReport } from './target-report.ts';

export interface TargetSeriesRules extends SampleLabelRules {
  /** Whether timestamps in the exposition count. */
  readonly honorTimestamps: boolean;
  /** Series with timestamps of their own get staleness markers too. */
  readonly tracksTimestamps: boolean;
  /** Samples a round may keep; 0: no limit. */
  readonly sampleLimit: number;
}

export interface RoundOutcome {
  readonly columns: SampleColumns;
  readonly samplesScraped: number;
  readonly samplesKept: number;
  readonly seriesAdded: number;
  readonly duplicates: number;
  /** Exemplars that were not there in the round before. */
  readonly exemplars: readonly SeriesLanes[];
}

export class TargetSeries {
  readonly #rules: TargetSeriesRules;
  readonly #rounds = new SeriesRounds();
  readonly #exemplars = new TargetExemplars();
  #timestampMs = 0;
  readonly #cache = new ScrapeCache();
  readonly #report: TargetReport;
  #metadata: readonly MetricMetadata[] = [];

  constructor(rules: TargetSeriesRules) {
    this.#rules = rules;
    this.#report = new TargetReport(rules.finishLabels(rules.targetLabels));
  }

  /** What the latest good exposition said of its metrics. */
  get metadata(): readonly MetricMetadata[] {
    return this.#metadata;
  }

  /** Starts a round. After it come `read`, then `finish`, or `fail` if anything went wrong. */
  begin(timestampMs: number): void {
    this.#timestampMs = timestampMs;
    this.#exemplars.begin();
    this.#rounds.begin(timestampMs);
  }

  /**
   * Reads a body into the round.
   *
   * @throws MonError `bad-exposition`, `scrape-limit`; nothing of the body is to be kept then
   */
  read(body: Uint8Array, contentType: string | undefined): void {
    const { honorTimestamps, tracksTimestamps, sampleLimit } = this.#rules;
    const scanner = new ExpositionScanner(body, expositionFormat(contentType));
    const notes = new MetadataNotes();
    for (let entry = scanner.next(); entry !== 'end'; entry = scanner.next()) {
      if (entry !== 'sample') {
        notes.note(scanner, entry);
        continue;
      }
      const id = this.#cache.find(scanner) ?? this.#add(scanner);
      if (!honorTimestamps) this.#rounds.put(id, scanner.value);
      else this.#rounds.put(id, scanner.value, scanner.timestampMs, tracksTimestamps);
      if (scanner.exemplar !== undefined) this.#putExemplar(id, scanner);
      if (sampleLimit > 0 && this.#rounds.kept > sampleLimit) throw sampleLimitError(sampleLimit);
    }
    this.#metadata = notes.list();
  }

  /** Ends a round that succeeded. */
  finish(durationSeconds: number): RoundOutcome {
    const outcome = this.#outcome();
    for (const [labels, value] of this.#samples(true, durationSeconds))
      this.#rounds.report(labels, value);
    const { columns, freed } = this.#rounds.finish();
    this.#cache.remove(freed);
    this.#exemplars.forget(freed);
    return { ...outcome, columns, exemplars: this.#exemplars.take() };
  }

  /** Ends a round that failed: `up` is 0 and what was there before gets markers. */
  fail(durationSeconds: number): RoundOutcome {
    const outcome = this.#outcome();
    const columns = this.#rounds.fail(this.#samples(false, durationSeconds));
    return { ...outcome, columns, exemplars: [] };
  }

  /** Markers for everything, report series included: the target is no more. */
  end(timestampMs: number): SampleColumns {
    return this.#rounds.end(timestampMs, this.#report.series);
  }

  #add(scanner: ExpositionScanner): number {
    const exposed = readSeries(scanner.bytes, scanner.seriesStart, scanner.seriesEnd);
    const id = this.#rounds.add(finalLabels(exposed, this.#rules));
    this.#cache.add(scanner, id);
    return id;
  }

  #putExemplar(id: number, { exemplar, timestampMs }: ExpositionScanner): void {
    if (exemplar === undefined) return;
    const isOwn = this.#rules.honorTimestamps && !Number.isNaN(timestampMs);
    const sampleMs = isOwn ? timestampMs : this.#timestampMs;
    this.#exemplars.put({ id, labels: this.#rounds.labelsOf(id) }, exemplar, sampleMs);
  }

  #outcome(): Omit<RoundOutcome, 'columns' | 'exemplars'> {
    const { scraped, kept, added, duplicates } = this.#rounds;
    return { samplesScraped: scraped, samplesKept: kept, seriesAdded: added, duplicates };
  }

  #samples(isUp: boolean, durationSeconds: number) {
    return this.#report.samples({ isUp, durationSeconds, ...this.#outcome() });
  }
}

function sampleLimitError(limit: number): MonError {
  return new MonError({
    code: 'scrape-limit',
    what: 'Cannot take the exposition',
    why: `it has more than the ${limit} samples that sample_limit allows`,
    mend: 'Raise sample_limit of the scrape job, or drop series by metric_relabel_configs.',
  });
}
