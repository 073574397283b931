/**
 * How a thread asks main to hold LevelDB directories open, and how main answers: see
 * `kv/opening-holder.ts`.
 */
import type { HeldOpenings } from '../kv/held-openings.ts';
import type { OpeningHolder } from '../kv/opening-holder.ts';
import type { HoldCalls } from '../shard/shard-messages.ts';
import type { CallMap, CallPort, Handlers } from './call-port.ts';

/** The holder of a thread with this port to main. */
export function mainHolder<In extends CallMap>(main: CallPort<HoldCalls, In>): OpeningHolder {
  return {
    hold: (dir) => main.call('hold', dir),
    release: (dir) => void main.call('release', dir),
  };
}

/** Main's answers. */
export function holdHandlers(held: HeldOpenings): Handlers<HoldCalls> {
  return {
    hold: async (dir) => {
      await held.hold(dir);
      return null;
    },
    release: (dir) => {
      held.release(dir);
      return null;
    },
  };
}
