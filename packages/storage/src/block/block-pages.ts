/**
 * Reads the index pages of one block, each checked and decoded once while it stays in the cache,
 * which all blocks of a thread share.
 */
import type { ByteReader } from '../encoding/byte-reader.ts';
import { decodeLabelPage, firstPair, type LabelPage, PAIRS_PER_PAGE } from '../index/label-page.ts';
import type { OrdinalRuns } from '../index/ordinal-runs.ts';
import { decodePostings, decodePostingsPage, type PostingsPage } from '../index/postings-page.ts';
import { decodeSeriesPage, type SeriesPage } from '../index/series-page.ts';
import { decodeTenantCatalog, type TenantCatalog } from '../index/tenant-catalog.ts';
import type { DatabaseEntries } from '../kv/database-entries.ts';
import type { Labels } from '../model/labels.ts';
import { type TenantId, tenantId } from '../model/tenant.ts';
import { type BlockHeader, decodeHeader, tenantHash } from './block-header.ts';
import { type BlockKind, HEADER_KEY, KIND, pageKey, parseKey, tenantKey } from './block-key.ts';
import { checkValue, contentOf, corruptBlock, readingValue } from './block-value.ts';
import { LruCache } from './lru-cache.ts';

/**
 * Pages in memory of each kind, by their size on disk; decoded they take about three times that.
 */
const CACHED_BYTES_MAX = 16 * 1024 * 1024;

/** The cache that the blocks of a thread share. */
export class PageCache {
  readonly catalogs = new LruCache<TenantCatalog>(CACHED_BYTES_MAX);
  readonly labels = new LruCache<LabelPage>(CACHED_BYTES_MAX);
  readonly postings = new LruCache<PostingsPage>(CACHED_BYTES_MAX);
  readonly series = new LruCache<SeriesPage>(CACHED_BYTES_MAX);
}

export class BlockPages {
  readonly header: BlockHeader;
  readonly #database: DatabaseEntries;
  readonly #cache: PageCache;

  /** @throws MonError `corrupt-block` where the header is damaged or missing */
  constructor(database: DatabaseEntries, cache: PageCache) {
    this.#database = database;
    this.#cache = cache;
    this.header = this.#decode(HEADER_KEY, this.#valueOf(HEADER_KEY), decodeHeader);
  }

  /** What the block has of a tenant, or undefined where it has nothing. */
  async catalog(tenant: TenantId): Promise<TenantCatalog | undefined> {
    const hash = tenantHash(tenant);
    if (!this.header.tenantHashes.includes(hash)) return undefined;
    const cacheKey = `${this.#database.dir} ${tenant}`;
    const cached = this.#cache.catalogs.get(cacheKey);
    if (cached !== undefined) return cached;
    const key = tenantKey(tenant);
    const value = this.#database.getSync(key);
    if (value === undefined) {
      // Rightly so only where the hash is that of another tenant.
      const tenants = await this.tenants();
      if (tenants.some((other) => tenantHash(other.tenant) === hash)) return undefined;
      throw corruptBlock(this.#database.dir, key, 'it is missing, and the header says it is there');
    }
    const catalog = this.#decode(key, value, decodeTenantCatalog);
    this.#cache.catalogs.set(cacheKey, catalog, value.length);
    return catalog;
  }

  /** All tenants in order. */
  async tenants(): Promise<{ readonly tenant: TenantId; readonly catalog: TenantCatalog }[]> {
    const range = { gte: Uint8Array.of(KIND.tenant), lt: Uint8Array.of(KIND.tenant + 1) };
    const tenants: { tenant: TenantId; catalog: TenantCatalog }[] = [];
    for await (const page of this.#database.pages(range)) {
      for (const [key, value] of page) {
        const parsed = parseKey(key);
        if (parsed?.kind !== 'tenant') continue;
        const catalog = this.#decode(key, value, decodeTenantCatalog);
        tenants.push({ tenant: tenantId(parsed.tenant), catalog });
      }
    }
    const { tenantHashes } = this.header;
    if (tenants.length !== tenantHashes.length) {
      const why = `${tenants.length} tenants are there, and the header says ${tenantHashes.length}`;
      throw corruptBlock(this.#database.dir, HEADER_KEY, why);
    }
    return tenants;
  }

  labelPage(page: number): LabelPage {
    return this.#cached(this.#cache.labels, KIND.labels, page, decodeLabelPage);
  }

  /** The first pair of a page, without decoding the others. */
  firstPairOf(page: number): { readonly name: string; readonly value: string } {
    const cached = this.#cache.labels.get(this.#cacheKey(page));
    if (cached !== undefined) {
      return { name: cached.names[0] as string, value: cached.values[0] as string };
    }
    const key = pageKey(KIND.labels, page);
    return this.#decode(key, this.#valueOf(key), firstPair);
  }

  seriesPage(page: number): SeriesPage {
    const decode = (reader: ByteReader) => decodeSeriesPage(reader, this.header);
    return this.#cached(this.#cache.series, KIND.series, page, decode);
  }

  /** The series that carry a label pair. */
  postings(pair: number): OrdinalRuns {
    const page = Math.floor(pair / PAIRS_PER_PAGE);
    const { lists } = this.#cached(this.#cache.postings, KIND.postings, page, decodePostingsPage);
    const key = pageKey(KIND.postings, page);
    const list = lists[pair % PAIRS_PER_PAGE];
    if (list === undefined) throw corruptBlock(this.#database.dir, key, `no list of pair ${pair}`);
    return readingValue(this.#database.dir, key, () => decodePostings(list));
  }

  /**
   * Reads labels of rows of series pages one after the other; keeps each label page it meets, which
   * makes the next ones cheap, so it is for a batch and not for longer.
   */
  labelsReader(): (page: SeriesPage, row: number) => Labels {
    const known = new Map<number, LabelPage>();
    const pageOf = (number: number): LabelPage => {
      let page = known.get(number);
      if (page === undefined) {
        page = this.labelPage(number);
        known.set(number, page);
      }
      return page;
    };
    return ({ pairStarts, pairs }, row) => {
      const labels: string[] = [];
      const end = pairStarts[row + 1] as number;
      for (let at = pairStarts[row] as number; at < end; at++) {
        const pair = pairs[at] as number;
        const { names, values } = pageOf(Math.floor(pair / PAIRS_PER_PAGE));
        const place = pair % PAIRS_PER_PAGE;
        labels.push(names[place] as string, values[place] as string);
      }
      return labels;
    };
  }

  #cached<Page>(
    cache: LruCache<Page>,
    kind: BlockKind,
    page: number,
    decode: (reader: ByteReader) => Page,
  ): Page {
    const cacheKey = this.#cacheKey(page);
    const cached = cache.get(cacheKey);
    if (cached !== undefined) return cached;
    const key = pageKey(kind, page);
    const value = this.#valueOf(key);
    const decoded = this.#decode(key, value, decode);
    cache.set(cacheKey, decoded, value.length);
    return decoded;
  }

  /** Ids of blocks are never used twice, so that a directory names its content for good. */
  #cacheKey(page: number): string {
    return `${this.#database.dir} ${page}`;
  }

  #valueOf(key: Uint8Array): Uint8Array {
    const value = this.#database.getSync(key);
    if (value === undefined) throw corruptBlock(this.#database.dir, key, 'it is missing');
    return value;
  }

  #decode<Page>(key: Uint8Array, value: Uint8Array, decode: (reader: ByteReader) => Page): Page {
    return readingValue(this.#database.dir, key, () => {
      const reader = contentOf(key[0] as BlockKind, value);
      checkValue(key, value);
      return decode(reader);
    });
  }
}
