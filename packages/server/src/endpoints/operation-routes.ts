/**
 * What stands outside tenants: /-/healthy, /-/ready, /-/flush, /metrics, and a word at /.
 */

import { type HttpAnswer, plainText, type Route } from '../http/route.ts';
import { EXPOSITION_TYPE, type MetricRegistry } from '../metrics/registry.ts';

export interface OperationRoutesOptions {
  readonly registry: MetricRegistry;
  /** Everything in memory onto disk. */
  readonly flush: () => Promise<void>;
  /** False while the server closes. */
  readonly isReady: () => boolean;
}

const GREETING = `mon: metrics monitoring and alerting

  /api/v1/query?query=up   PromQL, as Prometheus's HTTP API has it
  /api/v1/write            remote write
  /api/v1/metrics          samples in JSON
  /metrics                 metrics of this server
  /-/ready                 whether it takes requests

On a terminal: mon query up, mon top, mon status.
`;

export function operationRoutes(options: OperationRoutesOptions): Route[] {
  return [
    { method: 'GET', path: '/', handle: () => plainText(200, GREETING) },
    { method: 'GET', path: '/-/healthy', handle: () => plainText(200, 'mon is healthy.\n') },
    { method: 'GET', path: '/-/ready', handle: () => readiness(options.isReady()) },
    {
      method: 'POST',
      path: '/-/flush',
      async handle() {
        await options.flush();
        return plainText(200, 'Everything is on disk.\n');
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      handle: () => ({
        status: 200,
        headers: { 'content-type': EXPOSITION_TYPE },
        body: options.registry.exposition(),
      }),
    },
  ];
}

function readiness(isReady: boolean): HttpAnswer {
  return isReady ? plainText(200, 'mon is ready.\n') : plainText(503, 'mon is closing.\n');
}
