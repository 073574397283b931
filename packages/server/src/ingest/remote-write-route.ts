/**
 * POST /api/v1/write: Prometheus remote write 1.0 and 2.0, and frames of the mon wire, told apart by
 * the Content-Type. The body goes to the storage as it came. Every answer says that frames are
 * taken here.
 *
 * 204 when all samples are stored; 400 with the first reason when some are rejected, all others
 * being stored (a sender must not repeat the request, and does not on 400). Headers say how many
 * were written, in either case.
 * Source: https://prometheus.io/docs/specs/prw/remote_write_spec/ and remote_write_spec_2_0/;
 * docs/protocol/mon-wire.md
 */
import type { AppendOutcome, BodyFormat } from '@mon/storage/model/appender';
import { MonError } from '@mon/storage/model/error';
import {
  MON_WIRE_HEADER,
  MON_WIRE_TYPE,
  MON_WIRE_VERSION,
} from '@mon/storage/protocol/mon-wire-frame';
import { unknownEncoding } from '../http/body.ts';
import { errorAnswer } from '../http/error-answer.ts';
import type { HttpRequest } from '../http/request.ts';
import { type HttpAnswer, noContent, type Route } from '../http/route.ts';
import type { Intake } from './intake.ts';

type Protocol = BodyFormat | 'mon-wire-1';

const PROTOBUF_TYPE = 'application/x-protobuf';
/** Messages by their names in the Content-Type. */
const FORMATS: Readonly<Record<string, BodyFormat>> = {
  '': 'remote-write-1',
  'prometheus.WriteRequest': 'remote-write-1',
  'io.prometheus.write.v2.Request': 'remote-write-2',
};

const WIRE_OFFER = { [MON_WIRE_HEADER]: MON_WIRE_VERSION };

/** Frames that were not understood: whether they hold what was written is not known. */
const UNREAD: ReadonlySet<string> = new Set(['bad-wire-frame', 'wire-session-lost']);

/** Of what a request holds, how many were written; all none until the storage answered. */
interface Written {
  samples: number;
  histograms: number;
  exemplars: number;
}

export function remoteWriteRoute(intake: Intake): Route {
  return { method: 'POST', path: '/api/v1/write', handle: (request) => answer(intake, request) };
}

async function answer(intake: Intake, request: HttpRequest): Promise<HttpAnswer> {
  const written: Written = { samples: 0, histograms: 0, exemplars: 0 };
  let format: Protocol | undefined;
  try {
    await intake.receive(request, async () => {
      format = formatOf(request);
      const outcome = await append(intake, request, format);
      const { histograms = 0, exemplars = 0 } = outcome;
      Object.assign(written, { samples: outcome.accepted - histograms, histograms, exemplars });
      if (outcome.rejected > 0) throw partlyRejected(outcome);
    });
    return noContent(writtenHeaders(written));
  } catch (thrown) {
    if (!(thrown instanceof MonError)) throw thrown;
    const refusal = errorAnswer(thrown);
    const headers =
      UNREAD.has(thrown.code) || format === undefined ? WIRE_OFFER : writtenHeaders(written);
    return { ...refusal, headers: { ...refusal.headers, ...headers } };
  }
}

async function append(
  intake: Intake,
  request: HttpRequest,
  format: Protocol,
): Promise<AppendOutcome> {
  const { tenant } = request;
  if (format === 'mon-wire-1') {
    return intake.append({ kind: 'frame', tenant, frame: await request.bytes() }, format);
  }
  const body = await request.bytesInto(intake.bodyRoom);
  return intake.append({ kind: 'body', format, tenant, body }, format);
}

function writtenHeaders({ samples, histograms, exemplars }: Written): Record<string, string> {
  return {
    ...WIRE_OFFER,
    'x-prometheus-remote-write-samples-written': String(samples),
    'x-prometheus-remote-write-histograms-written': String(histograms),
    'x-prometheus-remote-write-exemplars-written': String(exemplars),
  };
}

/** What a sender is told whose request was kept in part. */
function partlyRejected({ rejected, accepted, rejections }: AppendOutcome): MonError {
  const first = rejections[0];
  return new MonError({
    code: first?.code ?? 'bad-body',
    what: `Cannot store ${rejected} of ${rejected + accepted} samples`,
    why: `sample ${first?.index ?? 0}: ${first?.reason ?? 'rejected'}`,
    mend: 'Correct the sender; all other samples of the request are stored.',
  });
}

/** @throws MonError `unsupported-encoding`, `unsupported-media-type` */
function formatOf({ headers, contentType }: HttpRequest): Protocol {
  if (contentType === MON_WIRE_TYPE) return 'mon-wire-1';
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'snappy') {
    throw unknownEncoding(encoding, 'snappy');
  }
  if (contentType !== '' && contentType !== PROTOBUF_TYPE) {
    throw new MonError({
      code: 'unsupported-media-type',
      what: 'Cannot take the body',
      why: `its Content-Type is ${JSON.stringify(contentType)}, wanted ${PROTOBUF_TYPE}`,
      mend: 'Send remote write 1.0 or 2.0 here, JSON to /api/v1/metrics.',
    });
  }
  const message = messageName(headers['content-type'] ?? '');
  const format = Object.hasOwn(FORMATS, message) ? FORMATS[message] : undefined;
  if (format !== undefined) return format;
  throw new MonError({
    code: 'unsupported-media-type',
    what: 'Cannot take the body',
    why: `its Content-Type names the message ${JSON.stringify(message)}, which is not known here`,
    mend: 'Send prometheus.WriteRequest (1.0) or io.prometheus.write.v2.Request (2.0).',
  });
}

/** The `proto` parameter of a media type, '' where there is none. */
function messageName(contentType: string): string {
  for (const parameter of contentType.split(';').slice(1)) {
    const [name = '', value = ''] = parameter.split('=', 2);
    if (name.trim().toLowerCase() === 'proto') return value.trim().replace(/^"(.*)"$/, '$1');
  }
  return '';
}
