/**
 * SIGHUP: read the configuration again. One with mistakes is reported, and the present one kept.
 */
import { MonError } from '@mon/storage/model/error';
import { errorText } from './error-text.ts';

interface ReloadLog {
  info(message: string): void;
  error(message: string): void;
}

/** Calls `reload` at every SIGHUP, one at a time. */
export function onHangup(reload: () => Promise<void>, log: ReloadLog): void {
  let line = Promise.resolve();
  process.on('SIGHUP', () => {
    line = line.then(async () => {
      try {
        await reload();
        log.info('the configuration was read again');
      } catch (thrown) {
        if (!(thrown instanceof MonError)) throw thrown;
        log.error(errorText(thrown));
      }
    });
  });
}
