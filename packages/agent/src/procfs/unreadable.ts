/**
 * A file of the kernel whose content is not what its documentation says.
 */
import { MonError } from '@mon/storage/model/error';

export function unreadable(path: string, text: string): MonError {
  return new MonError({
    code: 'unreadable-host-file',
    what: `Cannot read ${path}`,
    why: `its content is not as documented: ${JSON.stringify(text.slice(0, 100))}`,
    mend: 'Report it with the kernel version, or switch the collector off under agent.collectors.',
  });
}
