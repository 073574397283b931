/**
 * Frames of the mon wire into the shards: each in its place in its session, stored once however
 * often it comes. Rules: docs/protocol/mon-wire.md.
 */
import type { AdmissionBounds } from '../head/admission.ts';
import type { AppendOutcome } from '../model/appender.ts';
import { MonError } from '../model/error.ts';
import type { TenantId } from '../model/tenant.ts';
import { type FrameHead, readFrameHead, unpackFrame } from '../protocol/mon-wire-frame.ts';
import type { RequestAppender } from './request-appender.ts';
import type { WireRouter } from './wire-router.ts';
import type { WireSession } from './wire-session.ts';
import type { WireSessions } from './wire-sessions.ts';

export interface WireIntakeParts {
  readonly sessions: WireSessions;
  readonly router: WireRouter;
  readonly requests: RequestAppender;
}

export interface FrameAsk {
  readonly tenant: TenantId;
  readonly frame: Uint8Array;
  readonly bounds: AdmissionBounds;
}

export class WireIntake {
  readonly #parts: WireIntakeParts;

  constructor(parts: WireIntakeParts) {
    this.#parts = parts;
  }

  /**
   * Stores a frame; one that was stored before is answered as it was then.
   *
   * @throws MonError `bad-wire-frame`, `wire-session-lost`, and those of an append; after any of
   *   them but the first the session is over
   */
  async append(ask: FrameAsk): Promise<AppendOutcome> {
    const head = readFrameHead(ask.frame);
    const session = this.#sessionOf(ask.tenant, head);
    const before = session.outcomeOf(head);
    if (before !== undefined) return before;
    if (!session.isNext(head)) throw sessionLost(head, 'frames before this one are missing');
    const outcome = this.#store(session, ask);
    session.take(outcome);
    try {
      return await outcome;
    } catch (error) {
      // The dictionary has moved on and the samples are not stored: only a new one is in step.
      this.#parts.sessions.drop(session);
      throw error;
    }
  }

  #sessionOf(tenant: TenantId, head: FrameHead): WireSession {
    const { sessions } = this.#parts;
    const session = sessions.find(tenant, head);
    if (session?.epoch === head.epoch) return session;
    if (head.sequence === 0 && (session === undefined || session.epoch < head.epoch)) {
      return sessions.begin(tenant, head);
    }
    const why = session === undefined ? 'the session is not known' : 'it is of another epoch';
    throw sessionLost(head, why);
  }

  async #store(session: WireSession, { tenant, frame, bounds }: FrameAsk): Promise<AppendOutcome> {
    const { sessions, router, requests } = this.#parts;
    const routed = sessions.use(session, () => {
      session.reader.read(unpackFrame(frame), router.samples);
      return router.route(session);
    });
    return requests.appendRouted(tenant, routed, bounds);
  }
}

function sessionLost({ session, epoch, sequence }: FrameHead, why: string): MonError {
  return new MonError({
    code: 'wire-session-lost',
    what: `Cannot take frame ${sequence} of epoch ${epoch} of session ${session}`,
    why: `${why}; the server was restarted, or did not hear of the session for long`,
    mend: 'Begin a new epoch and send the samples again; the agent does so by itself.',
  });
}
