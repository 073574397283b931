/**
 * The maintenance thread: the only writer of directories and of `DIR/MANIFEST.log`.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Manifest } from '../manifest/manifest.ts';
import { assert } from '../model/assert.ts';
import type { NoCalls } from '../shard/shard-messages.ts';
import { CallPort } from '../threads/call-port.ts';
import type {
  MaintenanceCalls,
  MaintenanceOpening,
  MaintenanceStart,
} from './maintenance-messages.ts';

class Maintenance {
  readonly #start: MaintenanceStart;
  #manifest: Manifest | undefined;

  constructor(start: MaintenanceStart, main: MessagePort) {
    this.#start = start;
    new CallPort<NoCalls, MaintenanceCalls>(main, {
      open: () => this.#open(),
      close: () => {
        this.#manifest?.close();
        return null;
      },
    });
  }

  #open(): MaintenanceOpening {
    const manifest = Manifest.open(this.#start.dataDir);
    this.#manifest = manifest;
    const { hashKey, live, opening } = manifest;
    return { hashKey, live, cutThrough: manifest.cutGenerations.highest, manifest: opening };
  }
}

assert(parentPort !== null, 'maintenance is a worker');
new Maintenance(workerData as MaintenanceStart, parentPort);
