/**
 * POST /api/v1/read: raw samples for other Prometheus servers and for whoever speaks remote read.
 *
 * Samples as one message, or series by series as chunks in Prometheus's encoding, whichever the
 * asker likes best. The configuration's external labels are taken for labels of every series: asked
 * for by equality they match, and they are added where a series has none of that name.
 * Source: prometheus.io/docs/prometheus/latest/querying/remote_read_api.
 */
import type { SampleColumns } from '@mon/storage/model/appender';
import { compareLabels } from '@mon/storage/model/labels';
import { labelsTest, type Matcher } from '@mon/storage/model/matcher';
import type { Queryable, SeriesBatch } from '@mon/storage/model/queryable';
import { bitsOf } from '@mon/storage/model/sample';
import { decodeReadRequest, type ReadQuery } from '@mon/storage/protocol/remote-read';
import {
  chunkedFrames,
  encodeReadResponse,
  type ReadSeries,
} from '@mon/storage/protocol/remote-read-encode';
import { unpackSnappy } from '@mon/storage/protocol/snappy';
import type { HttpRequest } from '../http/request.ts';
import type { HttpAnswer, Route } from '../http/route.ts';
import { withExternalLabels } from './external-labels.ts';
import type { QuerySlots } from './query-slots.ts';

export interface RemoteReadOptions {
  readonly queryable: Queryable;
  readonly slots: QuerySlots;
  /** More samples than this in one query end it with `query-limit`. */
  readonly samplesMax: number;
  readonly externalLabels: Readonly<Record<string, string>>;
}

const STREAMED_TYPE = 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse';
/** Unpacked requests are small: matchers and times. */
const REQUEST_BYTES_MAX = 4 * 1024 * 1024;

export function remoteReadRoute(options: RemoteReadOptions): Route {
  return {
    method: 'POST',
    path: '/api/v1/read',
    handle: async (request) => {
      const plain = unpackSnappy(await request.bytes(), REQUEST_BYTES_MAX);
      const { queries, responseTypes } = decodeReadRequest(plain);
      const reading = new Reading(options, request, queries);
      return responseTypes[0] === 'streamed-xor-chunks' ? reading.streamed() : reading.samples();
    },
  };
}

class Reading {
  readonly #options: RemoteReadOptions;
  readonly #request: HttpRequest;
  readonly #queries: readonly ReadQuery[];

  constructor(options: RemoteReadOptions, request: HttpRequest, queries: readonly ReadQuery[]) {
    this.#options = options;
    this.#request = request;
    this.#queries = queries;
  }

  async samples(): Promise<HttpAnswer> {
    const { slots } = this.#options;
    const results: SampleColumns[] = [];
    for (const query of this.#queries) {
      results.push(
        columnsOf(await slots.run(this.#request.signal, () => this.#sortedSeries(query))),
      );
    }
    return {
      status: 200,
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
      body: encodeReadResponse(results),
    };
  }

  /** Queries are read before the first byte goes out, so that their errors have a status. */
  async streamed(): Promise<HttpAnswer> {
    const { slots } = this.#options;
    const results: ReadSeries[][] = [];
    for (const query of this.#queries) {
      results.push(await slots.run(this.#request.signal, () => this.#sortedSeries(query)));
    }
    return { status: 200, headers: { 'content-type': STREAMED_TYPE }, body: framesOf(results) };
  }

  /** Readers merge answers of several servers: series come in the order of their labels. */
  async #sortedSeries({ startMs, endMs, matchers }: ReadQuery): Promise<ReadSeries[]> {
    const { queryable, samplesMax, externalLabels } = this.#options;
    const { tenant, signal } = this.#request;
    const isExternal = ({ kind, name, value }: Matcher): boolean =>
      kind === '=' && externalLabels[name] === value;
    const stored = matchers.filter((matcher) => !isExternal(matcher));
    const isAsked = labelsTest(matchers.filter(isExternal));
    const asked = { tenant, matchers: stored, startMs, endMs, signal, samplesMax };
    const found: ReadSeries[] = [];
    for await (const batch of queryable.select(asked)) {
      for (const series of seriesOf(batch)) {
        const labels = withExternalLabels(series.labels, externalLabels);
        if (isAsked(labels)) found.push({ ...series, labels });
      }
    }
    return found.sort((a, b) => compareLabels(a.labels, b.labels));
  }
}

async function* framesOf(results: readonly ReadSeries[][]): AsyncGenerator<Uint8Array> {
  for (const [query, series] of results.entries()) {
    for (const one of series) yield* chunkedFrames(query, one);
  }
}

function* seriesOf(batch: SeriesBatch): Generator<ReadSeries> {
  const bits = bitsOf(batch.values);
  for (const [i, labels] of batch.labels.entries()) {
    const timestampsMs = batch.timestampColumns[batch.timestampColumn[i] as number];
    const from = batch.valueOffsets[i] as number;
    const to = batch.valueOffsets[i + 1] as number;
    if (timestampsMs === undefined || from === to) continue;
    yield { labels, timestampsMs, bits: bits.subarray(2 * from, 2 * to) };
  }
}

function columnsOf(series: readonly ReadSeries[]): SampleColumns {
  const sampleOffsets = new Uint32Array(series.length + 1);
  series.forEach(({ timestampsMs }, i) => {
    sampleOffsets[i + 1] = (sampleOffsets[i] as number) + timestampsMs.length;
  });
  const samples = sampleOffsets[series.length] as number;
  const timestampsMs = new Float64Array(samples);
  const values = new Float64Array(samples);
  const bits = bitsOf(values);
  series.forEach((one, i) => {
    timestampsMs.set(one.timestampsMs, sampleOffsets[i]);
    bits.set(one.bits, 2 * (sampleOffsets[i] as number));
  });
  return { labels: series.map(({ labels }) => labels), sampleOffsets, timestampsMs, values };
}
