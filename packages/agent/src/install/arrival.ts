/**
 * The proof of an installation: the unit is active, and the host's own `up` sample, newer than the
 * start, can be read from the server.
 *
 * A token may be allowed to write and not to read. Then the agent's word counts, that the server
 * has taken what it sent.
 */
import type { Clock } from '@mon/storage/model/clock';
import { MonError } from '@mon/storage/model/error';
import type { RemoteSettings } from '../send/remote-sender.ts';
import type { AgentReport } from '../status/agent-status.ts';
import type { RunCommand } from './command-runner.ts';
import { AGENT_UNIT } from './places.ts';
import { type Sighting, SightingClient } from './sighting.ts';
import { lastLogLine, unitActivity } from './unit-state.ts';

/** Three rounds of the host, with time to start and to send. */
export const ARRIVAL_DEADLINE_MS = 60_000;
const POLL_MS = 1000;

export interface ArrivalQuestion {
  readonly server: string;
  /** How the agent sends to that server; asking is done with the same credentials. */
  readonly remote: RemoteSettings;
  readonly job: string;
  readonly instance: string;
  /** Samples before this do not count. */
  readonly sinceMs: number;
}

export interface ArrivalMeans {
  readonly run: RunCommand;
  readonly clock: Clock;
  readonly pause: (ms: number) => Promise<void>;
  /** What the agent says of itself; undefined: it does not answer. */
  readonly report: () => Promise<AgentReport | undefined>;
}

/** `told`: the agent says so, the server does not let it be read. */
export type Arrival = 'seen' | 'told';

/**
 * Waits until samples have arrived.
 *
 * @throws MonError `agent-not-running`, `samples-missing`
 */
export async function awaitArrival(
  question: ArrivalQuestion,
  means: ArrivalMeans,
): Promise<Arrival> {
  const { clock, run } = means;
  const client = new SightingClient(question);
  try {
    const deadlineMs = clock.nowMs() + ARRIVAL_DEADLINE_MS;
    for (;;) {
      const activity = await unitActivity(run);
      if (activity === 'failed' || activity === 'inactive') throw await notRunning(activity, run);
      const sighting = await client.look(clock.nowMs());
      if (sighting.kind === 'there') return 'seen';
      if (sighting.kind === 'refused' && (await isTold(question, means))) return 'told';
      if (clock.nowMs() >= deadlineMs) {
        if (activity !== 'active') throw await notRunning(activity, run);
        throw missing(question, sighting, await troubles(means));
      }
      await means.pause(POLL_MS);
    }
  } finally {
    await client.close();
  }
}

async function isTold(question: ArrivalQuestion, means: ArrivalMeans): Promise<boolean> {
  const report = await reportIfAny(means);
  const remote = report?.status.remotes.find(({ name }) => name === question.remote.name);
  return (remote?.lastSuccessMs ?? 0) >= question.sinceMs;
}

async function troubles(means: ArrivalMeans): Promise<readonly string[]> {
  const report = await reportIfAny(means);
  return report?.status.troubles ?? ['It does not answer at its status socket.'];
}

/** An agent that is about to start, or hangs, is the same here as one that says nothing. */
async function reportIfAny({ report }: ArrivalMeans): Promise<AgentReport | undefined> {
  try {
    return await report();
  } catch (thrown) {
    if (thrown instanceof MonError) return undefined;
    throw thrown;
  }
}

async function notRunning(activity: string, run: RunCommand): Promise<MonError> {
  const line = await lastLogLine(run);
  return new MonError({
    code: 'agent-not-running',
    what: `Cannot see ${AGENT_UNIT} run`,
    why: `it is ${activity}${line === '' ? '' : `; its last line: ${line}`}`,
    mend: 'See `journalctl -u mon-agent -n 50`, mend the cause, then `systemctl restart mon-agent`.',
  });
}

function missing(
  { server, job, instance }: ArrivalQuestion,
  sighting: Exclude<Sighting, { kind: 'there' }>,
  says: readonly string[],
): MonError {
  const agent =
    says.length === 0 ? 'the agent knows of no trouble' : `the agent: ${says.join(' ')}`;
  return new MonError({
    code: 'samples-missing',
    what: `Cannot see samples of job ${job}, instance ${instance} at ${server}`,
    why: `${ARRIVAL_DEADLINE_MS / 1000} s after the start ${sighting.why}; ${agent}`,
    mend: 'See `mon agent status` and `journalctl -u mon-agent`; the agent goes on trying.',
  });
}
