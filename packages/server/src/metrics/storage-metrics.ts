/**
 * The database's own figures as metrics, read once for each exposition.
 */
import type { DatabaseStats } from '@mon/storage/database-options';
import type { MetricRegistry } from './registry.ts';

type Figure = readonly [name: string, help: string, read: (stats: DatabaseStats) => number];

const GAUGES: readonly Figure[] = [
  ['mon_storage_head_series', 'Series in the head.', (s) => s.headSeries],
  ['mon_storage_head_samples', 'Samples in the head.', (s) => s.headSamples],
  ['mon_storage_head_exemplars', 'Exemplars in the head.', (s) => s.headExemplars],
  [
    'mon_storage_head_min_time_seconds',
    'Oldest sample in the head; NaN where it is empty.',
    (s) => (s.headMinTimeMs ?? Number.NaN) / 1000,
  ],
  [
    'mon_storage_head_max_time_seconds',
    'Newest sample in the head; NaN where it is empty.',
    (s) => (s.headMaxTimeMs ?? Number.NaN) / 1000,
  ],
  ['mon_storage_blocks', 'Directories of samples on disk.', (s) => s.blocks.length],
  ['mon_storage_block_bytes', 'Their size.', (s) => sum(s.blocks.map((block) => block.bytes))],
  ['mon_storage_block_samples', 'Samples in them.', (s) => sum(s.blocks.map((b) => b.samples))],
  [
    'mon_storage_damaged_blocks',
    'Directories of samples that are listed and not served, since they cannot be read.',
    (s) => s.damagedBlocks.length,
  ],
  [
    'mon_storage_memory_bytes',
    'What the heads hold: series, their index, samples.',
    (s) => s.memoryBytes,
  ],
  ['mon_storage_memory_budget_bytes', 'What they may hold.', (s) => s.memoryBytesMax],
  [
    'mon_storage_memory_pressure',
    '0; 1 while new series of what explodes are refused; 2 while all new series are.',
    (s) => s.memoryPressure,
  ],
  [
    'mon_storage_quarantines',
    'Labels of metrics whose new series are refused, counted in each shard.',
    (s) => s.quarantines,
  ],
  ['mon_storage_wal_bytes', 'Size of the write-ahead log.', (s) => s.walBytes],
  [
    'mon_storage_appends_under_way',
    'Appends being stored; more than the bound are refused as overloaded.',
    (s) => s.appendsUnderWay,
  ],
  [
    'mon_storage_wal_damages',
    'Damaged places that the last start met in the write-ahead log.',
    (s) => s.walDamages,
  ],
  [
    'mon_storage_wal_samples_lost',
    'Samples that the last start could not place, since damage took their series.',
    (s) => s.walSamplesLost,
  ],
  ['mon_wire_sessions', 'Sessions of the mon wire that are known.', (s) => s.wireSessions],
  ['mon_wire_series', 'Series in the dictionaries of sessions.', (s) => s.wireSeries],
  ['mon_wire_dictionary_bytes', 'Memory of these dictionaries.', (s) => s.wireBytes],
  ['mon_storage_disk_full', '1 while the disk is full and writes are refused.', (s) => +s.diskFull],
];

const COUNTERS: readonly Figure[] = [
  ['mon_storage_exemplars_stored_total', 'Exemplars stored.', (s) => s.exemplarsStored],
  [
    'mon_storage_exemplars_refused_total',
    'Exemplars refused: not valid, out of the time bounds, older than the newest of their series.',
    (s) => s.exemplarsRefused,
  ],
  [
    'mon_storage_exemplars_dropped_total',
    'Exemplars dropped for newer ones, since a head holds only so many.',
    (s) => s.exemplarsDropped,
  ],
  ['mon_storage_samples_appended_total', 'Samples stored.', (s) => s.samplesAppended],
  ['mon_storage_samples_rejected_total', 'Samples rejected.', (s) => s.samplesRejected],
  ['mon_storage_wal_commits_total', 'Group commits of the log.', (s) => s.walCommits],
  ['mon_storage_wal_sync_seconds_total', 'Time spent in fdatasync.', (s) => s.walSyncSeconds],
  [
    'mon_storage_series_refused_total',
    'New series refused for lack of memory, each time they were sent.',
    (s) => s.seriesRefused,
  ],
  ['mon_storage_cuts_total', 'Heads cut into directories.', (s) => s.cuts],
  ['mon_storage_merges_total', 'Directories merged into larger ones.', (s) => s.merges],
];

export function registerStorageMetrics(registry: MetricRegistry, read: () => DatabaseStats): void {
  let latest: DatabaseStats | undefined;
  registry.beforeExposition(() => {
    latest = read();
  });
  const value = (figure: Figure) => () => figure[2](latest ?? read());
  for (const figure of GAUGES) registry.gauge({ name: figure[0], help: figure[1] }, value(figure));
  for (const figure of COUNTERS) {
    registry.counterFrom({ name: figure[0], help: figure[1] }, value(figure));
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
