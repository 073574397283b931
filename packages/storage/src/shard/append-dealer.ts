/**
 * Which shard takes a request in: the one in whose inbox its body stands, the one that has its wire
 * session, or the one with the least to do. Which shards its series belong to is found there.
 */
import type { AdmissionBounds } from '../head/admission.ts';
import type { AppendBody, AppendColumns, AppendOutcome, AppendRequest } from '../model/appender.ts';
import { assert } from '../model/assert.ts';
import { sessionNumber } from '../protocol/mon-wire-frame.ts';
import { type Inboxes, InboxRoom } from './inboxes.ts';
import type { ShardPort, ShardThreads } from './shard-threads.ts';

export class AppendDealer {
  readonly #shards: ShardThreads;
  readonly #inboxes: Inboxes;

  constructor(shards: ShardThreads, inboxes: Inboxes) {
    this.#shards = shards;
    this.#inboxes = inboxes;
  }

  /** Where a body stands that is decoded in place; a small one is copied there. */
  roomOf(request: AppendRequest): InboxRoom | undefined {
    if (request.kind !== 'body') return undefined;
    const { body } = request;
    if ('kind' in body) {
      assert(body instanceof InboxRoom, 'room of another appender');
      return body;
    }
    const room = this.#inboxes.room(body.length);
    room?.bytes.set(body);
    return room;
  }

  /**
   * Gives a request to the shard in whose inbox it stands, or to the one that has the fewest.
   *
   * @param room of the body, where it has one; whoever asked for it releases it
   */
  async deal(
    request: AppendRequest,
    room: InboxRoom | undefined,
    bounds: AdmissionBounds,
  ): Promise<AppendOutcome> {
    const { ports } = this.#shards;
    if (room !== undefined && request.kind === 'body') {
      const { tenant, format } = request;
      const { from, to } = room;
      const port = ports[room.shard] as ShardPort;
      const outcome = await port.call('appendInbox', { tenant, format, from, to, bounds });
      if (typeof outcome === 'object') return outcome;
      return { accepted: outcome, rejected: 0, rejections: [], metadata: [] };
    }
    if (request.kind === 'frame') {
      // Its session is in one shard only.
      const { tenant } = request;
      const frame = ownBytes(request.frame);
      const port = ports[sessionNumber(frame) % ports.length] as ShardPort;
      return port.call('appendFrame', { tenant, frame, bounds }, [frame.buffer]);
    }
    const shard = this.#inboxes.begin();
    try {
      return await send(ports[shard] as ShardPort, request, bounds);
    } finally {
      this.#inboxes.end(shard);
    }
  }
}

function send(
  port: ShardPort,
  request: AppendBody | AppendColumns,
  bounds: AdmissionBounds,
): Promise<AppendOutcome> {
  const { tenant } = request;
  if (request.kind === 'columns') {
    const { columns, lanes } = request;
    const more = lanes === undefined ? {} : { lanes };
    return port.call('appendColumns', { tenant, columns, bounds, ...more });
  }
  const { format, body } = request;
  assert(!('kind' in body), 'a body in an inbox is not sent');
  const own = ownBytes(body);
  return port.call('appendBody', { tenant, format, body: own, bounds }, [own.buffer]);
}

/** Part of a larger buffer is copied: handing that over would take it from others. */
function ownBytes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
