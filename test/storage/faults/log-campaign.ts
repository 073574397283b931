/**
 * The fault campaign of the log and the manifest alone: no heads and no threads, so that thousands
 * of seeds take a minute. Each seed commits records, cuts, merges, fails, ends by `kill -9` or power
 * loss and opens again, several lives long; then every acknowledged record is there, once.
 *
 *     node test/storage/faults/log-campaign.ts --seed 17
 *     node test/storage/faults/log-campaign.ts --seeds 100000 --from 5000
 */
import { join } from 'node:path';
import { makeDirectory } from '@mon/storage/files/file-actions';
import { readSegment } from '@mon/storage/log/read-segment';
import { framedRecord } from '@mon/storage/log/record-frame';
import { listSegments } from '@mon/storage/log/segment-file';
import { Manifest } from '@mon/storage/manifest/manifest';
import type { ManifestEntry } from '@mon/storage/manifest/manifest-entry';
import { WalWriter } from '@mon/storage/wal/wal-writer';
import { type Random, randomFrom } from '../random.ts';
import { type Rows, readPlainBlocks, readRows, writePlainBlock } from './plain-blocks.ts';
import { isWorldly, runCampaign, type Seed } from './run-seeds.ts';
import { type FaultRates, NO_FAULTS, ProcessEnd, SimulatedFiles } from './simulated-files.ts';

const LIVES = 6;
const STEPS_OF_LIFE_MAX = 40;
const RECORD_KIND = 2;

interface Opened {
  readonly manifest: Manifest;
  readonly wal: WalWriter;
  generation: number;
  cutThrough: number;
  /** What the log holds, by generation: record number -> bytes of it. */
  readonly heads: Map<number, Map<number, number>>;
}

class LogCampaign {
  readonly #random: Random;
  readonly #files: SimulatedFiles;
  readonly #dataDir: string;
  readonly #seed: Seed;
  readonly #faulty: FaultRates;
  readonly #segmentBytesMax: number;
  readonly #acknowledged = new Set<number>();
  #sent = 0;
  #opened: Opened | undefined;

  constructor(root: string, random: Random, seed: Seed) {
    this.#random = random;
    this.#seed = seed;
    this.#files = new SimulatedFiles(root, random);
    this.#dataDir = join(root, 'mon');
    const errorIn = [0, 8, 20, 60][random.next(4)] as number;
    this.#faulty = { errorIn, shortIn: [0, 4][random.next(2)] as number };
    this.#segmentBytesMax = 200 + random.next(4000);
  }

  async run(): Promise<void> {
    for (let life = 0; life < LIVES; life++) {
      try {
        this.#live();
      } catch (error) {
        if (!(error instanceof ProcessEnd) && !this.#files.hasEnded) throw error;
      }
      this.#die();
    }
    this.#check(this.#open(), 'at the end');
    this.#seed.acknowledged = this.#acknowledged.size;
    this.#seed.counts(this.#files.faults);
  }

  #live(): void {
    const { next } = this.#random;
    if (next(3) > 0) this.#files.callsLeft = next(200);
    this.#files.rates = next(3) === 0 ? this.#faulty : NO_FAULTS;
    const opened = this.#openOrFail();
    this.#opened = opened;
    this.#check(opened, 'after opening');
    this.#files.rates = this.#faulty;
    for (let steps = next(STEPS_OF_LIFE_MAX); steps > 0; steps--) {
      const dice = next(20);
      if (dice < 14) this.#try('commit', () => this.#commit(opened));
      else if (dice < 17) this.#try('cut', () => this.#cut(opened));
      else if (dice < 18) this.#try('merge', () => this.#merge(opened));
      else this.#check(opened, 'under way');
    }
  }

  #try(step: string, act: () => void): void {
    this.#seed.count(step);
    try {
      act();
    } catch (error) {
      if (error instanceof ProcessEnd || !isWorldly(error)) throw error;
      this.#seed.count(`${step} failed`);
      this.#seed.say(`${step} failed: ${error}`);
    }
  }

  #commit({ wal, generation, heads }: Opened): void {
    const { next } = this.#random;
    const records = Array.from({ length: 1 + next(3) }, () => this.#sent++);
    this.#seed.say(`commit ${records} of generation ${generation}`);
    wal.commit(records.map((number) => ({ generation, bytes: this.#record(generation, number) })));
    for (const number of records) {
      this.#acknowledged.add(number);
      heads.get(generation)?.set(number, 1);
    }
  }

  #record(generation: number, number: number): Uint8Array {
    const payload = { generation, number, pad: 'x'.repeat(this.#random.next(600)) };
    return framedRecord(RECORD_KIND, new TextEncoder().encode(JSON.stringify(payload)));
  }

  #cut(opened: Opened): void {
    const { manifest, heads } = opened;
    // A cut that failed is tried again with what was frozen then.
    const frozen = [...heads.keys()].filter((generation) => generation < opened.generation);
    if (frozen.length === 0) {
      frozen.push(opened.generation++);
      heads.set(opened.generation, new Map());
    }
    const through = Math.max(...frozen);
    const samples: Rows[string] = {};
    for (const generation of frozen) {
      for (const number of heads.get(generation)?.keys() ?? []) samples[number] = [0, 0];
    }
    const rows: Rows = Object.keys(samples).length === 0 ? {} : { records: samples };
    const from = opened.cutThrough + 1;
    const entry = writePlainBlock(manifest, rows, { min: from, max: through });
    const generations = Array.from({ length: through - from + 1 }, (_, i) => from + i);
    this.#seed.say(`cut of ${Object.keys(samples)} through ${through}`);
    manifest.commit({ add: entry === undefined ? [] : [entry], remove: [], generations });
    opened.cutThrough = through;
    for (const generation of frozen) heads.delete(generation);
    opened.wal.removeThrough(through);
  }

  #merge({ manifest }: Opened): void {
    const sources = manifest.live.slice(0, 2);
    if (sources.length < 2) return;
    const { files } = manifest;
    const read = (entry: ManifestEntry) => readRows(files, manifest.blockDir(entry.id));
    const records = Object.assign({}, ...sources.map((entry) => read(entry)['records']));
    const generations = {
      min: Math.min(...sources.map((entry) => entry.generations.min)),
      max: Math.max(...sources.map((entry) => entry.generations.max)),
    };
    const entry = writePlainBlock(manifest, { records }, generations);
    const remove = sources.map(({ id }) => id);
    manifest.commit({ add: entry === undefined ? [] : [entry], remove, generations: [] });
    for (const id of remove) files.remove(manifest.blockDir(id));
  }

  #openOrFail(): Opened {
    try {
      return this.#open();
    } catch (error) {
      if (error instanceof ProcessEnd || !isWorldly(error)) throw error;
      this.#seed.count('opening failed');
      this.#files.mend();
      return this.#open();
    }
  }

  #open(): Opened {
    const files = this.#files;
    makeDirectory(files, this.#dataDir);
    const key = () => Buffer.alloc(16, 7);
    const manifest = Manifest.open(this.#dataDir, key, files);
    const dir = join(this.#dataDir, 'wal');
    const segmentBytesMax = this.#segmentBytesMax;
    const wal = new WalWriter({ dir, segmentBytesMax, syncsEach: true, files });
    const cutThrough = manifest.cutGenerations.highest;
    const heads = new Map<number, Map<number, number>>();
    for (const segment of listSegments(dir, files)) {
      for (const entry of readSegment(segment, 0, { files })) {
        if (entry.kind === 'damage') continue;
        const text = new TextDecoder().decode(entry.payload);
        const { generation, number } = JSON.parse(text) as { generation: number; number: number };
        wal.noteReplayed(segment.number, generation);
        if (generation <= cutThrough) continue;
        const head = heads.get(generation) ?? new Map<number, number>();
        head.set(number, (head.get(number) ?? 0) + 1);
        heads.set(generation, head);
      }
    }
    wal.removeThrough(cutThrough);
    const generation = Math.max(cutThrough, ...heads.keys()) + 1;
    heads.set(generation, new Map());
    this.#seed.say(`opened at generation ${generation}`);
    return { manifest, wal, generation, cutThrough, heads };
  }

  #check({ manifest, heads }: Opened, when: string): void {
    const found = new Map<number, number>();
    const add = (number: number, times: number) =>
      found.set(number, (found.get(number) ?? 0) + times);
    for (const number of Object.keys(readPlainBlocks(manifest)['records'] ?? {})) {
      add(Number(number), 1);
    }
    for (const head of heads.values()) for (const [number, times] of head) add(number, times);
    for (const number of this.#acknowledged) {
      if (!found.has(number)) throw new Error(`${when}: record ${number} is lost`);
    }
    for (const [number, times] of found) {
      if (times > 1) throw new Error(`${when}: record ${number} is there ${times} times`);
      if (number >= this.#sent) throw new Error(`${when}: record ${number} was never sent`);
      // Once seen it stays.
      this.#acknowledged.add(number);
    }
  }

  #die(): void {
    const way = this.#files.hasEnded ? 1 + this.#random.next(2) : this.#random.next(3);
    const opened = this.#opened;
    this.#opened = undefined;
    if (way === 0 && opened !== undefined) {
      try {
        opened.wal.close();
        opened.manifest.close();
      } catch (error) {
        if (!isWorldly(error) && !(error instanceof ProcessEnd)) throw error;
      }
    }
    const name = ['clean stop', 'kill -9', 'power loss'][way] as string;
    this.#seed.say(name);
    this.#seed.count(name);
    if (way === 2) this.#files.losePower();
    else this.#files.restart();
  }
}

if (import.meta.main) {
  await runCampaign('test/storage/faults/log-campaign.ts', (root, seed) =>
    new LogCampaign(root, randomFrom(seed.number), seed).run(),
  );
}
