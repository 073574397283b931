/**
 * The sessions of a shard: bounded in number and bytes, and gone when idle. Which goes first is
 * which was used longest ago; its sender is told so with its next frame and begins anew.
 */
import type { TenantId } from '../model/tenant.ts';
import type { FrameHead } from '../protocol/mon-wire-frame.ts';
import { sessionKey, WireSession } from './wire-session.ts';

export interface WireSessionBounds {
  readonly sessionsMax: number;
  readonly bytesMax: number;
  readonly idleMs: number;
}

export const WIRE_SESSION_BOUNDS: WireSessionBounds = {
  sessionsMax: 16_384,
  bytesMax: 256 * 1024 * 1024,
  idleMs: 60 * 60_000,
};

export class WireSessions {
  readonly #bounds: WireSessionBounds;
  readonly #nowMs: () => number;
  /** By key, the one used longest ago first. */
  readonly #sessions = new Map<string, WireSession>();
  #bytes = 0;
  #series = 0;

  /** @param nowMs a time that never goes back */
  constructor(nowMs: () => number, bounds: WireSessionBounds = WIRE_SESSION_BOUNDS) {
    this.#nowMs = nowMs;
    this.#bounds = bounds;
  }

  get count(): number {
    return this.#sessions.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get series(): number {
    return this.#series;
  }

  find(tenant: TenantId, { session }: FrameHead): WireSession | undefined {
    return this.#sessions.get(sessionKey(tenant, session));
  }

  /** Begins an epoch: whatever the session had is forgotten. */
  begin(tenant: TenantId, head: FrameHead): WireSession {
    const before = this.find(tenant, head);
    if (before !== undefined) this.drop(before);
    const session = new WireSession(tenant, head);
    this.#add(session);
    return session;
  }

  /** Notes that a session is in use, before `change` and what it does to its size. */
  use<T>(session: WireSession, change: () => T): T {
    this.drop(session);
    try {
      return change();
    } finally {
      this.#add(session);
    }
  }

  drop(session: WireSession): void {
    if (this.#sessions.get(session.key) !== session) return;
    this.#sessions.delete(session.key);
    this.#bytes -= session.bytes;
    this.#series -= session.reader.seriesCount;
  }

  forget(owner: number, refs: Uint32Array): void {
    const gone = new Set(refs);
    for (const session of this.#sessions.values()) session.forget(owner, gone);
  }

  #add(session: WireSession): void {
    session.usedMs = this.#nowMs();
    this.#sessions.set(session.key, session);
    this.#bytes += session.bytes;
    this.#series += session.reader.seriesCount;
    this.#keepBounds(session);
  }

  #keepBounds(kept: WireSession): void {
    const { sessionsMax, bytesMax, idleMs } = this.#bounds;
    for (const session of this.#sessions.values()) {
      const isOver = this.#sessions.size > sessionsMax || this.#bytes > bytesMax;
      const isIdle = kept.usedMs - session.usedMs > idleMs;
      if (session === kept || !(isOver || isIdle)) return;
      this.drop(session);
    }
  }
}
