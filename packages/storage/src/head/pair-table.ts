/**
 * Label pairs of the head: each (tenant, name, value) is a small integer, its text bytes in the
 * shard's memory.
 *
 * Series hold pair ids, and a pair's row holds its postings. Names have rows, too, with their pairs
 * in a list. Ids of pairs that no series uses any more are given out again. Strings are made when a
 * query asks for them, and few are kept.
 */
import { readText, textEnd, textStart, writeCanonicalText } from '../index/canonical-labels.ts';
import { assert } from '../model/assert.ts';
import type { TenantId } from '../model/tenant.ts';
import { PAIR, type SeriesSpace } from './series-space.ts';

/** Strings that are kept. */
const STRINGS_KEPT = 1 << 14;
const NONE = 0;

export class PairTable {
  readonly #space: SeriesSpace;
  /** Where a text is written to be looked up. */
  readonly #scratch: number;
  readonly #tenants: TenantId[] = [];
  readonly #ordinals = new Map<TenantId, number>();
  /** By the id's lower bits: id and its string. */
  readonly #keptIds = new Uint32Array(STRINGS_KEPT);
  readonly #kept: string[] = [];

  constructor(space: SeriesSpace, scratch: number) {
    this.#space = space;
    this.#scratch = scratch;
  }

  /** One more than the largest id given out so far. */
  get idsEnd(): number {
    return this.#space.pairsEnd;
  }

  /** Tenants so far; their numbers are below this. */
  get tenantsEnd(): number {
    return this.#tenants.length;
  }

  /** The tenant's number in this process, given out on first sight. */
  tenantOrdinal(tenant: TenantId): number {
    const known = this.#ordinals.get(tenant);
    if (known !== undefined) return known;
    this.#ordinals.set(tenant, this.#tenants.length);
    return this.#tenants.push(tenant) - 1;
  }

  tenant(ordinal: number): TenantId {
    const tenant = this.#tenants[ordinal];
    assert(tenant !== undefined, `no tenant ${ordinal}`);
    return tenant;
  }

  /** The number of a tenant that has written, else undefined. */
  findTenant(tenant: TenantId): number | undefined {
    return this.#ordinals.get(tenant);
  }

  /** The row of a label name, or undefined. */
  findName(tenant: number, name: string): number | undefined {
    return this.find(tenant, name, '');
  }

  /** The id of a pair, or undefined. */
  find(tenant: number, name: string, value: string): number | undefined {
    // Longer ones are not taken in, see model/label-rules.ts.
    if (name.length + value.length > 4096) return undefined;
    const { base, kernel, text } = this.#space;
    const named = writeCanonicalText(name, text, this.#scratch);
    const end = writeCanonicalText(value, text, named);
    const id = kernel.pairId(base, tenant, this.#scratch, end - this.#scratch);
    return id === NONE ? undefined : id;
  }

  /** The ids of all pairs of a name. */
  pairsOf(nameRow: number): number[] {
    const { words } = this.#space;
    const ids: number[] = [];
    let id = words[this.#space.pairRow(nameRow) + PAIR.child] as number;
    while (id !== NONE) {
      ids.push(id);
      id = words[this.#space.pairRow(id) + PAIR.next] as number;
    }
    return ids;
  }

  name(id: number): string {
    const { words } = this.#space;
    const parent = words[this.#space.pairRow(id) + PAIR.parent] as number;
    return this.#stringOf(parent, true);
  }

  value(id: number): string {
    return this.#stringOf(id, false);
  }

  /** After ids were given back. */
  forgetStrings(): void {
    this.#keptIds.fill(NONE);
    this.#kept.length = 0;
  }

  #stringOf(id: number, isName: boolean): string {
    const place = id & (STRINGS_KEPT - 1);
    if (this.#keptIds[place] === id) return this.#kept[place] as string;
    const { words, text } = this.#space;
    const at = words[this.#space.pairRow(id) + PAIR.text] as number;
    assert(at !== 0, `pair ${id} was given back`);
    const from = isName ? at : textEnd(text, at);
    const string = readText(text, textStart(text, from), textEnd(text, from));
    this.#keptIds[place] = id;
    this.#kept[place] = string;
    return string;
  }
}
