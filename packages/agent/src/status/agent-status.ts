/**
 * What an agent says of itself when asked, as plain values.
 */

import type { TargetStatus } from '../scrape/scrape-job.ts';
import type { DroppedTarget } from '../scrape/target-labels.ts';
import type { RemoteStatus } from '../send/remote-sender.ts';

export interface AgentStatus {
  readonly version: string;
  readonly pid: number;
  readonly startMs: number;
  readonly host: {
    readonly isEnabled: boolean;
    readonly instance: string;
    readonly collectors: readonly string[];
    readonly lastRoundMs: number | undefined;
    /** Collectors whose latest round failed. */
    readonly failing: readonly string[];
  };
  readonly targets: Readonly<Record<'up' | 'down' | 'unknown', number>>;
  readonly spool: { readonly dir: string; readonly bytes: number; readonly bytesMax: number };
  readonly remotes: readonly RemoteStatus[];
  /** Where StatsD is taken; '' where it is not. */
  readonly statsdAddress: string;
  /** What is wrong now and needs a person, in sentences. */
  readonly troubles: readonly string[];
}

export interface AgentTargets {
  readonly active: readonly TargetStatus[];
  readonly dropped: readonly DroppedTarget[];
  /** With those that `dropped` leaves out. */
  readonly droppedCount: number;
}

/** What the status socket answers. */
export interface AgentReport {
  readonly status: AgentStatus;
  readonly targets: AgentTargets;
}
