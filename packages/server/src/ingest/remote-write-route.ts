/**
 * POST /api/v1/write: Prometheus remote write 1.0. The body goes to the storage as it came.
 *
 * 204 when all samples are stored; 400 with the first reason when some are rejected, all others
 * being stored (a sender must not repeat the request, and does not on 400).
 * Source: https://prometheus.io/docs/specs/prw/remote_write_spec/
 */
import { MonError } from '@mon/storage/model/error';
import { unknownEncoding } from '../http/body.ts';
import type { HttpRequest } from '../http/request.ts';
import { type HttpAnswer, noContent, type Route } from '../http/route.ts';
import type { Intake } from './intake.ts';

const PROTOBUF_TYPE = 'application/x-protobuf';

export function remoteWriteRoute(intake: Intake): Route {
  return {
    method: 'POST',
    path: '/api/v1/write',
    handle: (request) => intake.receive(request, () => store(intake, request)),
  };
}

async function store(intake: Intake, request: HttpRequest): Promise<HttpAnswer> {
  checkHeaders(request);
  const { tenant } = request;
  const body = await request.bytes();
  const outcome = await intake.append(
    { kind: 'body', format: 'remote-write-1', tenant, body },
    'remote-write-1',
  );
  if (outcome.rejected === 0) return noContent();
  const first = outcome.rejections[0];
  throw new MonError({
    code: first?.code ?? 'bad-body',
    what: `Cannot store ${outcome.rejected} of ${outcome.rejected + outcome.accepted} samples`,
    why: `sample ${first?.index ?? 0}: ${first?.reason ?? 'rejected'}`,
    mend: 'Correct the sender; all other samples of the request are stored.',
  });
}

function checkHeaders({ headers, contentType }: HttpRequest): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'snappy') {
    throw unknownEncoding(encoding, 'snappy');
  }
  const version = headers['x-prometheus-remote-write-version'];
  const isSecond =
    String(version ?? '').startsWith('2.') ||
    /io\.prometheus\.write\.v2/.test(headers['content-type'] ?? '');
  if (isSecond) {
    throw new MonError({
      code: 'unsupported-media-type',
      what: 'Cannot take the body',
      why: 'it is remote write 2.0, and this version of mon takes 1.0 only',
      mend: 'Set the sender to remote write 1.0 (protobuf_message: prometheus.WriteRequest).',
    });
  }
  if (contentType !== '' && contentType !== PROTOBUF_TYPE) {
    throw new MonError({
      code: 'unsupported-media-type',
      what: 'Cannot take the body',
      why: `its Content-Type is ${JSON.stringify(contentType)}, wanted ${PROTOBUF_TYPE}`,
      mend: 'Send remote write 1.0 here, JSON to /api/v1/metrics.',
    });
  }
}
