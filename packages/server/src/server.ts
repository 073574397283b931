/**
 * Composition root of the server: database, engine, endpoints, jobs, and their lifecycle.
 *
 * Listens first, and says how far it is while the database opens; then opens from the inside out
 * (database, jobs, endpoints) and closes the other way, so that whoever gets an answer gets it from
 * a server that can give it.
 */

import { verifyOpenDirectory } from '@mon/storage/care/care-thread';
import { type Database, openDatabase } from '@mon/storage/database';
import type { DatabaseOptions } from '@mon/storage/database-options';
import type { Clock } from '@mon/storage/model/clock';
import type { Logger } from 'pino';
import type { VerifyReport } from './api/responses.ts';
import type { ServerConfig } from './config/server-config.ts';
import { dashboardRoute } from './endpoints/dashboard-route.ts';
import { exemplarRoutes } from './endpoints/exemplar-routes.ts';
import { federateRoute } from './endpoints/federate-route.ts';
import { jobRoutes } from './endpoints/job-routes.ts';
import { type OpeningProgress, openingRouter, replayRoute } from './endpoints/opening-routes.ts';
import { operationRoutes } from './endpoints/operation-routes.ts';
import { quarantineRoutes } from './endpoints/quarantine-routes.ts';
import { QueryDesk } from './endpoints/query-desk.ts';
import { QueryRegister } from './endpoints/query-register.ts';
import { queryRoutes, STEPS_MAX } from './endpoints/query-routes.ts';
import { QuerySlots } from './endpoints/query-slots.ts';
import { remoteReadRoute } from './endpoints/remote-read-route.ts';
import { runningQueryRoutes } from './endpoints/running-query-routes.ts';
import { seriesRoutes } from './endpoints/series-routes.ts';
import { statusRoutes } from './endpoints/status-routes.ts';
import { storageRoutes } from './endpoints/storage-routes.ts';
import { targetMetadataRoute } from './endpoints/target-metadata-route.ts';
import { HttpServer } from './http/http-server.ts';
import { refuseOpenAddress } from './http/listen-address.ts';
import type { Route } from './http/route.ts';
import { Intake } from './ingest/intake.ts';
import { jsonMetricsRoute } from './ingest/json-metrics-route.ts';
import { MetadataBook } from './ingest/metadata-book.ts';
import { remoteWriteRoute } from './ingest/remote-write-route.ts';
import { JobQueue } from './jobs/job-queue.ts';
import { registerProcessMetrics } from './metrics/process-metrics.ts';
import { MetricRegistry } from './metrics/registry.ts';
import { registerStorageMetrics } from './metrics/storage-metrics.ts';
import { Engine } from './promql/engine.ts';
import { type RulesAndAlerts, startRulesAndAlerts } from './rules-and-alerts.ts';

export interface ServerOptions {
  readonly config: ServerConfig;
  readonly log: Logger;
  readonly clock: Clock;
  /** As `mon version` prints it. */
  readonly monVersion: string;
}

/** A server that takes requests. */
export interface RunningServer {
  /** Where it is reached from this host. */
  readonly url: string;
  readonly database: Database;
  /**
   * Takes rule files and alerting of another configuration; the rest takes a restart.
   *
   * @throws SettingsError; then the former stays
   */
  readonly reload: (config: ServerConfig) => Promise<void>;
  /** Finishes requests, stops jobs, closes the database. Calling it again waits for the same end. */
  readonly close: () => Promise<void>;
}

/**
 * Starts a server; resolves when it is ready.
 *
 * @throws MonError `listen-needs-auth`, `cannot-listen`, and those of `openDatabase`
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, log, clock } = options;
  refuseOpenAddress(config.listen, config.insecureNoAuth);
  for (const { line, path, what } of config.warnings) {
    log.warn({ file: config.source?.file, line, key: path }, what);
  }
  const startedMs = clock.nowMs();
  const registry = new MetricRegistry();
  let replay: OpeningProgress = () => undefined;
  const http = await HttpServer.start({
    listen: config.listen,
    router: openingRouter(() => replay()),
    registry,
    log,
    bodyBytesMax: config.limits.body_size,
    connectionsMax: config.limits.connections,
  });
  const onReplay = (progress: OpeningProgress) => {
    replay = progress;
  };
  const database = await openFor(http, { ...databaseOptions(options), onReplay });
  const jobs = createJobs(database, { options, registry });
  let isOpen = true;
  let inForce = { value: config, sinceMs: startedMs };
  let rules: RulesAndAlerts | undefined;
  try {
    const engine = createEngine(database, { config, clock });
    rules = await startRulesAndAlerts({ config, database, engine, clock, log, registry });
    const parts = { options, registry, database, jobs, startedMs, engine };
    const now = { isReady: () => isOpen, configInForce: () => inForce };
    http.serve([
      ...createRoutes({ ...parts, ...now }),
      ...rules.routes,
      replayRoute(() => replay()),
    ]);
  } catch (thrown) {
    await rules?.close();
    await Promise.all([http.close(), database.close()]);
    throw thrown;
  }
  registerStorageMetrics(registry, () => database.stats());
  const endProcessMetrics = registerProcessMetrics(registry, startedMs);
  jobs.start();
  log.info({ url: http.url, dataDir: config.dataDir, shards: config.shards }, 'server is ready');

  const close = async (): Promise<void> => {
    isOpen = false;
    // A job that a request waits for ends now; the request is answered with that.
    await Promise.all([jobs.close(), http.close()]);
    await rules.close();
    endProcessMetrics();
    await database.close();
    log.info({}, 'server is closed');
  };
  let closed: Promise<void> | undefined;
  return {
    url: http.url,
    database,
    async reload(next) {
      await rules.reload(next);
      inForce = { value: next, sinceMs: clock.nowMs() };
    },
    close() {
      closed ??= close();
      return closed;
    },
  };
}

async function openFor(http: HttpServer, options: DatabaseOptions): Promise<Database> {
  try {
    return await openDatabase(options);
  } catch (thrown) {
    await http.close();
    throw thrown;
  }
}

function databaseOptions({ config, clock, log }: ServerOptions): DatabaseOptions {
  const { dataDir, shards, retentionMs, aheadMaxMs, fsync, memoryBytesMax } = config;
  const bounds = memoryBytesMax === undefined ? {} : { bounds: { memoryBytesMax } };
  return { dataDir, shards, retentionMs, aheadMaxMs, fsync, clock, log, ...bounds };
}

function createJobs(
  database: Database,
  { options, registry }: { options: ServerOptions; registry: MetricRegistry },
): JobQueue {
  const { config, clock, log } = options;
  return new JobQueue({
    jobs: [
      {
        name: 'compact',
        schedule: config.compactionSchedule,
        run: (signal) => database.compact(signal),
      },
      {
        name: 'retention',
        schedule: config.retentionSchedule,
        run: (signal) => database.applyRetention(signal),
      },
      {
        name: 'verify',
        schedule: 'off',
        run: (signal) => verifyStorage(config.dataDir, clock, signal),
      },
    ],
    clock,
    log,
    registry,
  });
}

async function verifyStorage(
  dataDir: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<VerifyReport> {
  const startedMs = clock.nowMs();
  const report = await verifyOpenDirectory(dataDir, signal);
  return { job: 'verify', elapsedMs: clock.nowMs() - startedMs, ...report };
}

interface Parts {
  readonly options: ServerOptions;
  readonly registry: MetricRegistry;
  readonly database: Database;
  readonly jobs: JobQueue;
  readonly startedMs: number;
  readonly engine: Engine;
  readonly isReady: () => boolean;
  readonly configInForce: () => { readonly value: ServerConfig; readonly sinceMs: number };
}

function createRoutes(parts: Parts): Route[] {
  const { options, registry, database, jobs, startedMs, engine, isReady } = parts;
  const { config, log, clock, monVersion } = options;
  const { limits } = config;
  const metadata = new MetadataBook({
    meta: database.meta,
    metricsMax: limits.metadata_per_tenant,
    registry,
    log,
  });
  const intake = new Intake({
    appender: database,
    metadata,
    registry,
    bytesInFlightMax: limits.write_bytes_in_flight,
  });
  const slots = new QuerySlots({
    concurrencyMax: limits.query_concurrency,
    queueMax: limits.query_queue,
    registry,
  });
  const register = new QueryRegister(clock);
  const desk = new QueryDesk({ engine, slots, register, log, registry });
  const timeoutMaxMs = limits.query_timeout;
  const stats = () => database.stats();
  const { externalLabels } = config.global;
  const reading = { queryable: database, slots, samplesMax: limits.query_samples, externalLabels };
  return [
    remoteWriteRoute(intake),
    jsonMetricsRoute({ intake, metadata, clock }),
    ...queryRoutes({ desk, clock, timeoutMaxMs }),
    dashboardRoute({ desk, clock, timeoutMs: timeoutMaxMs }),
    ...runningQueryRoutes(register),
    federateRoute({ ...reading, clock, lookbackMs: limits.query_lookback }),
    remoteReadRoute(reading),
    ...seriesRoutes({ queryable: database, metadata, slots, seriesMax: limits.query_series }),
    ...exemplarRoutes({ queryable: database, slots }),
    targetMetadataRoute({ queryable: database, metadata, slots, clock }),
    ...statusRoutes({
      ...{ monVersion, startedMs, clock, stats },
      config: parts.configInForce,
      quarantines: () => database.quarantines(),
      queryable: database,
    }),
    ...jobRoutes(jobs),
    ...storageRoutes(config.dataDir),
    ...quarantineRoutes(database),
    ...operationRoutes({ registry, flush: () => database.flush(), isReady }),
  ];
}

function createEngine(
  queryable: Database,
  { config, clock }: { config: ServerConfig; clock: Clock },
): Engine {
  const { limits, global } = config;
  return new Engine({
    queryable,
    clock,
    lookbackMs: limits.query_lookback,
    subqueryStepMs: global.evaluationIntervalMs,
    limits: {
      samplesMax: limits.query_samples,
      seriesMax: limits.query_series,
      stepsMax: STEPS_MAX,
      timeoutMs: limits.query_timeout,
    },
  });
}
