/**
 * The fault campaign: a seed makes a workload, faults, and the end of the process in the middle of
 * it, by `kill -9` or by power loss; then the database is opened again and compared with what was
 * acknowledged. Several lives a seed, each with another number of shards.
 *
 *     node test/storage/faults/shard-campaign.ts --seed 17
 *     node test/storage/faults/shard-campaign.ts --seeds 10000 --from 5000
 */
import { join } from 'node:path';
import { formatLabels, labelsFromRecord } from '@mon/storage/model/labels';
import { asColumns, type SeriesEntry } from '../database-fixture.ts';
import { type Random, randomFrom } from '../random.ts';
import { MessageNet } from './message-net.ts';
import { allSamples } from './plain-blocks.ts';
import { isWorldly, runCampaign } from './run-seeds.ts';
import { SampleModel, type SentSample } from './sample-model.ts';
import { NO_FAULTS, ProcessEnd, SimulatedFiles } from './simulated-files.ts';
import { ThreadWorld } from './thread-world.ts';

const NOW_MS = 1_735_819_200_000;
const STEP_MS = 15_000;
const LIVES = 4;
const STEPS_OF_LIFE_MAX = 60;
const SERIES = 24;
/** 0x7ff0000000000002, the staleness marker of Prometheus. */
const STALE = new Float64Array(Uint32Array.of(2, 0x7ff00000).buffer)[0] as number;

class Campaign {
  readonly #random: Random;
  readonly #files: SimulatedFiles;
  readonly #dataDir: string;
  readonly #say: (line: string) => void;
  readonly model = new SampleModel();
  readonly steps = new Map<string, number>();
  /** Faults that were noticed where no error can be thrown. */
  readonly bugs: string[] = [];
  #net: MessageNet;
  #world: ThreadWorld | undefined;
  #appends: Promise<unknown>[] = [];
  #nowMs = NOW_MS;
  #keptFromMs = -(2 ** 49);
  #streams = 0;
  readonly #faulty: { readonly errorIn: number; readonly shortIn: number };

  constructor(root: string, random: Random, say: (line: string) => void) {
    this.#random = random;
    this.#say = say;
    this.#files = new SimulatedFiles(root, random);
    this.#net = new MessageNet(random);
    this.#dataDir = join(root, 'mon');
    const errorIn = [0, 0, 15, 60][random.next(4)] as number;
    this.#faulty = { errorIn, shortIn: [0, 4][random.next(2)] as number };
  }

  get faults(): ReadonlyMap<string, number> {
    return this.#files.faults;
  }

  async run(): Promise<void> {
    for (let life = 0; life < LIVES; life++) {
      try {
        await this.#live();
      } catch (error) {
        if (!(error instanceof ProcessEnd) && !this.#files.hasEnded) throw error;
      }
      await this.#die();
    }
    // At last without faults: everything is looked at once more.
    this.#world = await this.#open();
    await this.#check('at the end');
    this.#world.close();
  }

  async #live(): Promise<void> {
    const { next } = this.#random;
    if (next(3) > 0) this.#files.callsLeft = next(400);
    this.#files.rates = next(3) === 0 ? this.#faulty : NO_FAULTS;
    this.#world = await this.#openOrFail();
    await this.#check('after opening');
    this.#files.rates = this.#faulty;
    const steps = 1 + next(STEPS_OF_LIFE_MAX);
    for (let i = 0; i < steps; i++) {
      await this.#step();
      if (this.#bugs().length > 0) return;
    }
  }

  #bugs(): readonly string[] {
    return this.bugs;
  }

  async #openOrFail(): Promise<ThreadWorld> {
    try {
      return await this.#open();
    } catch (error) {
      if (error instanceof ProcessEnd || !isWorldly(error)) throw error;
      this.#count('opening failed');
      this.#say(`opening failed: ${error}`);
      this.#net.end();
      // The operator has mended the disk.
      this.#files.mend();
      return await this.#open();
    }
  }

  #open(): Promise<ThreadWorld> {
    const { next } = this.#random;
    this.#net = new MessageNet(this.#random);
    const shards = 1 + next(3);
    this.#say(`open with ${shards} shards`);
    return ThreadWorld.open({
      ...{ dataDir: this.#dataDir, files: this.#files, net: this.#net, random: this.#random },
      ...{ shards, segmentBytesMax: 300 + next(3000) },
    });
  }

  /** The process ends, if it has not, and the next one finds what is left. */
  async #die(): Promise<void> {
    const { next } = this.#random;
    const world = this.#world;
    this.#world = undefined;
    const way = this.#files.hasEnded ? 1 + next(2) : next(3);
    if (way === 0 && world !== undefined) {
      this.#count('clean stop');
      world.resumeReaders();
      try {
        await this.#settle();
        world.close();
      } catch (error) {
        if (!isWorldly(error) && !(error instanceof ProcessEnd)) throw error;
      }
    }
    this.#net.end();
    this.#files.end();
    await this.#endAppends();
    if (way === 2) {
      this.#say('power loss');
      this.#count('power loss');
      this.#files.losePower();
    } else {
      this.#say(way === 0 ? 'clean stop' : 'kill -9');
      if (way === 1) this.#count('kill -9');
      this.#files.restart();
    }
  }

  async #step(): Promise<void> {
    const { next } = this.#random;
    const world = this.#world as ThreadWorld;
    const dice = next(100);
    if (dice < 62) this.#append();
    else if (dice < 72) await this.#net.run(next(30));
    else if (dice < 82) await this.#job('cut', () => this.#net.until(world.cut()));
    else if (dice < 85) await this.#job('merge', async () => world.merge(pick(this.#random)));
    else if (dice < 86) await this.#job('retention', async () => this.#expire(world));
    else if (dice < 88) world.stallReader(++this.#streams);
    else if (dice < 91) world.resumeReaders();
    else if (dice < 95) await this.#settle();
    else await this.#check('under way');
  }

  /** What a sender does when the time of a job has come; the world's faults are told and borne. */
  async #job(name: string, run: () => Promise<void>): Promise<void> {
    this.#count(name);
    this.#say(name);
    try {
      await run();
    } catch (error) {
      if (error instanceof ProcessEnd || !isWorldly(error)) throw error;
      this.#count(`${name} failed`);
      this.#say(`${name} failed: ${error}`);
    }
  }

  #expire(world: ThreadWorld): void {
    const keptFromMs = this.#nowMs - (5 + this.#random.next(30)) * STEP_MS;
    for (const [series, ms] of world.expiring(keptFromMs)) this.model.expire(series, ms);
    this.#keptFromMs = Math.max(this.#keptFromMs, keptFromMs);
    world.expire(keptFromMs);
  }

  #append(): void {
    const { next } = this.#random;
    const entries: SeriesEntry[] = [];
    const samples: SentSample[] = [];
    this.#nowMs += STEP_MS * next(2);
    // Series come and go: of all a part is alive at a time.
    const from = Math.floor((this.#nowMs - NOW_MS) / (10 * STEP_MS));
    for (let count = 1 + next(6); count > 0; count--) {
      const labels = {
        __name__: 'm',
        i: `${(from + next(SERIES / 3)) % SERIES}`,
        pad: 'x'.repeat(next(8) === 0 ? 60 : 3),
      };
      const series = formatLabels(labelsFromRecord(labels));
      const pairs: [number, number][] = [];
      for (let k = next(8) === 0 ? 3 : 1; k > 0; k--) {
        const ms = this.#timestamp();
        pairs.push([ms, this.#value(ms)]);
      }
      entries.push([labels, ...pairs]);
      for (const [timestampMs, value] of pairs) samples.push({ series, timestampMs, value });
    }
    this.#send(entries, samples);
  }

  #send(entries: SeriesEntry[], samples: readonly SentSample[]): void {
    this.#count('append');
    const ticket = this.model.send(samples);
    this.#say(`append ${samples.map((s) => `${s.series}@${s.timestampMs - NOW_MS}=${s.value}`)}`);
    const answer = (this.#world as ThreadWorld).append(asColumns(entries), this.#keptFromMs);
    const noted = answer.then(
      ({ rejections }) => {
        const refused = new Map(rejections.map(({ index, code }) => [index, code]));
        this.#say(`acknowledged ${samples[0]?.series}@${(samples[0]?.timestampMs ?? 0) - NOW_MS}`);
        const fault = this.model.answered(ticket, refused);
        if (fault !== '') this.bugs.push(fault);
      },
      (error) => {
        this.#say(`append failed: ${error}`);
        this.#count('append failed');
        this.model.failed(ticket);
        if (!isWorldly(error)) this.bugs.push(String(error));
      },
    );
    this.#unanswered.set(ticket, () => this.model.failed(ticket));
    this.#appends.push(noted.finally(() => this.#unanswered.delete(ticket)));
  }

  readonly #unanswered = new Map<object, () => void>();

  /** Requests of a process that is gone are never answered. */
  async #endAppends(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    for (const fail of this.#unanswered.values()) fail();
    this.#unanswered.clear();
    this.#appends = [];
  }

  #timestamp(): number {
    const { next } = this.#random;
    if (next(6) > 0) return this.#nowMs;
    // Late, by up to two days.
    const steps = next(4) === 0 ? next(11_520) : next(40);
    return this.#nowMs - steps * STEP_MS + next(2);
  }

  #value(timestampMs: number): number {
    const { next } = this.#random;
    const dice = next(20);
    if (dice === 0) return STALE;
    if (dice === 1) return -0;
    // Mostly the value follows from the time, so that what is sent twice is the same.
    return dice < 17 ? (timestampMs / STEP_MS) % 1000 : next(1000) / 8;
  }

  async #settle(): Promise<void> {
    await this.#net.run();
    if (this.#unanswered.size > 0 && !this.#files.hasEnded) {
      this.bugs.push(`${this.#unanswered.size} appends were never answered`);
    }
    this.#appends = [];
  }

  async #check(when: string): Promise<void> {
    await this.#settle();
    const world = this.#world as ThreadWorld;
    const heads = await this.#net.until(world.heads());
    const fault = this.model.observe(allSamples(world.blocks(), heads));
    if (fault !== '') this.bugs.push(`${when}: ${fault}`);
    this.#say(`checked ${when} ${fault}`);
  }

  #count(step: string): void {
    this.steps.set(step, (this.steps.get(step) ?? 0) + 1);
  }
}

function pick({ next }: Random): 'usual' | 'days' {
  return next(2) === 0 ? 'usual' : 'days';
}

if (import.meta.main) {
  await runCampaign('test/storage/faults/shard-campaign.ts', async (root, seed) => {
    const campaign = new Campaign(root, randomFrom(seed.number), seed.say);
    try {
      await campaign.run();
    } finally {
      seed.counts(campaign.steps);
      seed.counts(campaign.faults);
      seed.acknowledged = campaign.model.acknowledged;
    }
    if (campaign.bugs.length > 0) throw new Error(campaign.bugs[0]);
  });
}
