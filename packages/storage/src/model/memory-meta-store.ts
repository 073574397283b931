/**
 * A MetaStore that forgets: for tests and for programs without a data directory.
 */
import { compareText } from './labels.ts';
import type { MetaChange, MetaEntry, MetaStore } from './meta-store.ts';

export class MemoryMetaStore implements MetaStore {
  readonly #entries = new Map<string, string>();

  async get(key: string): Promise<string | undefined> {
    return this.#entries.get(key);
  }

  async list(prefix: string): Promise<MetaEntry[]> {
    return [...this.#entries]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => ({ key, value }))
      .sort((a, b) => compareText(a.key, b.key));
  }

  async write(changes: readonly MetaChange[]): Promise<void> {
    for (const change of changes) {
      if (change.kind === 'put') this.#entries.set(change.key, change.value);
      else this.#entries.delete(change.key);
    }
  }
}
