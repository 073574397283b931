/**
 * What verification and repair found, for people: a line a part, then what is wrong with each.
 */
import type { Loss, PartReport } from '@mon/storage/care/part-report';
import type { RepairedPart } from '@mon/storage/care/repair-plan';
import { foldText } from './fold.ts';
import { formatBytes, formatSi } from './number.ts';
import { formatTimeRange } from './storage-time.ts';
import { formatTable } from './table.ts';
import { visible } from './width.ts';

/** Problems and losses shown of a part; -o json has all that were kept. */
const SHOWN = 5;

type AnyPart = PartReport & Partial<RepairedPart>;

export function formatParts(parts: readonly AnyPart[], width: number): string {
  const rows = parts.map((part) => [
    part.name,
    formatBytes(part.bytes),
    part.series === 0 ? '' : formatSi(part.series),
    part.samples === 0 ? '' : formatSi(part.samples),
    formatTimeRange(part.minTimeMs, part.maxTimeMs),
    part.problems.length === 0 ? 'ok' : 'DAMAGED',
  ]);
  const columns = [
    { title: 'part', align: 'left' as const },
    { title: 'size', align: 'right' as const },
    { title: 'series', align: 'right' as const },
    { title: 'samples', align: 'right' as const },
    { title: 'time (UTC)', align: 'left' as const },
    { title: 'state', align: 'left' as const },
  ];
  const details = parts.flatMap((part) => formatDetails(part, width));
  return formatTable(columns, rows, width) + details.join('');
}

function formatDetails(part: AnyPart, width: number): string[] {
  const { problems, losses, remarks, deed = '', keptAs, samplesLost } = part;
  if (problems.length === 0 && remarks.length === 0) return [];
  const lines = [`\n${part.name}\n`];
  const add = (title: string, text: string) => lines.push(entry(title, text, width));
  for (const { where, why } of problems.slice(0, SHOWN)) add('problem', `${where}: ${why}`);
  const problemsMore = problems.length - SHOWN + part.problemsLeftOut;
  if (problemsMore > 0) add('', `and ${problemsMore} more`);
  for (const loss of losses.slice(0, SHOWN)) add('lost', lossText(loss));
  const lossesMore = losses.length - SHOWN + part.lossesLeftOut;
  if (lossesMore > 0) add('', `and ${lossesMore} more`);
  if (samplesLost > 0) add('lost', `${samplesLost} samples in all`);
  if (problems.length > 0 && losses.length === 0 && samplesLost === 0) add('lost', 'nothing');
  for (const remark of remarks.slice(0, SHOWN)) add('note', remark);
  if (remarks.length > SHOWN) add('', `and ${remarks.length - SHOWN} more`);
  if (deed !== '') add('repair', deed);
  if (keptAs !== undefined) add('original', keptAs);
  return lines;
}

function lossText({ series, from, to, minTimeMs, maxTimeMs }: Loss): string {
  const who = from === to ? from : `${from} to ${to}`;
  const count = series > 1 ? `${series} series, ` : '';
  const time = formatTimeRange(minTimeMs, maxTimeMs);
  return `${count}${who}${time === '' ? '' : `, ${time}`}`;
}

const INDENT = 2;
const TITLE_WIDTH = 10;

function entry(title: string, text: string, width: number): string {
  const room = Math.max(20, width - INDENT - TITLE_WIDTH);
  return foldText(visible(text), room)
    .map((line, i) => {
      const head = `${' '.repeat(INDENT)}${(i === 0 ? title : '').padEnd(TITLE_WIDTH)}`;
      return `${`${head}${line}`.trimEnd()}\n`;
    })
    .join('');
}

/** The last line: how much of it is damaged, and what is lost. */
export function partsSummary(parts: readonly AnyPart[]): string {
  const damaged = parts.filter(({ problems }) => problems.length > 0).length;
  if (damaged === 0) return `${parts.length} parts, all intact`;
  const lost = parts.reduce((sum, { samplesLost }) => sum + samplesLost, 0);
  // What a lost record of the log held is not known by count.
  const isUnknown = parts.some(({ kind, losses }) => kind !== 'block' && losses.length > 0);
  const counted = lost === 0 ? 'no sample is lost' : `${lost} samples are lost`;
  const what = isUnknown ? `${counted}, and what the log or the rules lost` : counted;
  return `${damaged} of ${parts.length} parts damaged; ${what}`;
}
