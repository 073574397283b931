/**
 * Label names and values of selected series, from the index alone.
 */
import { PAIRS_PER_PAGE } from '../index/label-page.ts';
import { indexOfText, type TenantCatalog } from '../index/tenant-catalog.ts';
import { METRIC_NAME } from '../model/labels.ts';
import type { BlockPages } from './block-pages.ts';
import type { BlockSelection } from './block-selection.ts';
import { matchedSeries } from './matched-series.ts';

export async function matchedLabelNames(
  pages: BlockPages,
  selection: BlockSelection,
): Promise<string[]> {
  const catalog = await pages.catalog(selection.tenant);
  if (catalog === undefined) return [];
  if (isEverything(pages, selection)) return [...catalog.names];
  const { names, endPairs } = catalog;
  const pairs = await pairsOf(pages, selection, { firstPair: 0, endPair: pages.header.pairs });
  // Both the pairs and the names' ranges ascend.
  const found: string[] = [];
  let i = 0;
  for (const pair of pairs) {
    while (pair >= (endPairs[i] as number)) i++;
    if (found.at(-1) !== names[i]) found.push(names[i] as string);
  }
  return found;
}

export async function matchedLabelValues(
  pages: BlockPages,
  name: string,
  selection: BlockSelection,
): Promise<string[]> {
  const catalog = await pages.catalog(selection.tenant);
  if (catalog === undefined) return [];
  const i = indexOfText(catalog.names, name);
  if (i < 0) return [];
  const firstPair = catalog.firstPairs[i] as number;
  const endPair = catalog.endPairs[i] as number;
  if (isEverything(pages, selection)) {
    if (name === METRIC_NAME) return metricNames(catalog);
    if (pages.header.tenantHashes.length === 1) {
      return Array.from({ length: endPair - firstPair }, (_, k) => pairValue(pages, firstPair + k));
    }
  }
  const pairs = await pairsOf(pages, selection, { firstPair, endPair });
  return pairs.map((pair) => pairValue(pages, pair));
}

function metricNames({ metrics }: TenantCatalog): string[] {
  return metrics.filter((metric) => metric !== '');
}

/** Whether the selection takes every series that the block has of the tenant. */
function isEverything({ header }: BlockPages, selection: BlockSelection): boolean {
  const { matchers, shard, startMs, endMs } = selection;
  const isAllTime = startMs <= header.minTimeMs && endMs >= header.maxTimeMs;
  return matchers.length === 0 && shard.count === 1 && isAllTime;
}

/** The distinct pairs of the selected series that lie in a range, ascending. */
async function pairsOf(
  pages: BlockPages,
  selection: BlockSelection,
  range: { readonly firstPair: number; readonly endPair: number },
): Promise<number[]> {
  const found = new Set<number>();
  for (const { page, row } of await matchedSeries(pages, selection)) {
    const end = page.pairStarts[row + 1] as number;
    for (let at = page.pairStarts[row] as number; at < end; at++) {
      const pair = page.pairs[at] as number;
      if (pair >= range.endPair) break;
      if (pair >= range.firstPair) found.add(pair);
    }
  }
  return [...found].sort((a, b) => a - b);
}

function pairValue(pages: BlockPages, pair: number): string {
  const { values } = pages.labelPage(Math.floor(pair / PAIRS_PER_PAGE));
  return values[pair % PAIRS_PER_PAGE] as string;
}
