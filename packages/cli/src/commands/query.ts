/**
 * `mon query`: an instant or a range query, printed or drawn.
 */
import type { ApiClient } from '@mon/server/api/client';
import type { JsonQueryResult, JsonSuccess } from '@mon/server/api/responses';
import { unreachable } from '@mon/storage/model/assert';
import { MonError } from '@mon/storage/model/error';
import { Args, Flags } from '@oclif/core';
import { connectionFlags, durationFlag, MonCommand } from '../command.ts';
import { errorText } from '../error-text.ts';
import { momentFlag, parseMoment } from '../moment.ts';
import { UNITS, type Unit, unitOf } from '../print/number.ts';
import { drawQueryGraph, GRAPH_SERIES_MAX } from '../print/query-graph.ts';
import { resultCsv, resultJson, resultTable, resultYaml } from '../print/query-result.ts';
import { OUTPUTS } from '../print/rows.ts';
import { paint } from '../print/span.ts';
import { SYSTEM_ZONE } from '../print/time-axis.ts';
import { prose } from '../prose.ts';
import { withCaret } from '../query-fault.ts';
import { type RangeWindow, rangeWindow } from '../range-window.ts';
import { isInteractive, Repaint, terminalSize } from '../repaint.ts';

const QUERY_OUTPUTS = [...OUTPUTS, 'graph'] as const;
type QueryOutput = (typeof QUERY_OUTPUTS)[number];

/** What a graph shows where no range is given. */
const GRAPH_SINCE_MS = 3600 * 1000;

/** One question, as the flags put it; the clock is read at each repetition. */
interface Question {
  readonly query: string;
  readonly output: QueryOutput;
  readonly unit: Unit;
  readonly limit: number | undefined;
  timeMs(nowMs: number): number | undefined;
  window(nowMs: number): RangeWindow | undefined;
}

export default class Query extends MonCommand {
  static override summary = 'Ask a PromQL expression, now or over a range of time';
  static override description = prose(`
Without --since or --start the expression is evaluated once, at --time or now.
With them it is evaluated at each step of the range.

-o graph draws lines in the terminal; json, yaml and csv print what the server answered. Remarks of
the server (warnings, infos) go to standard error.
`);
  static override examples = [
    '<%= config.bin %> query up',
    '<%= config.bin %> query "sum by (mode) (rate(node_cpu_seconds_total[1m]))" --since 15m --graph',
    '<%= config.bin %> query node_load1 --since 1h --step 5m -o csv',
    '<%= config.bin %> query "node_filesystem_avail_bytes" --time 2026-01-01T00:00:00Z -o json',
    '<%= config.bin %> query "rate(node_network_receive_bytes_total[1m])" --graph --watch 5s',
  ];
  static override args = {
    expression: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'PromQL expression, in quotes',
    }),
  };
  static override flags = {
    time: momentFlag({
      summary: 'Time to evaluate at (now, now-1h, epoch seconds or ISO 8601)',
      exclusive: ['since', 'start', 'end', 'step'],
    }),
    since: durationFlag({ summary: 'Range that ends now', exclusive: ['start'] }),
    start: momentFlag({ summary: 'Start of the range' }),
    end: momentFlag({ summary: 'End of the range (default now)' }),
    step: durationFlag({ summary: 'Distance of the points in the range (default by its length)' }),
    output: Flags.option({
      char: 'o',
      options: QUERY_OUTPUTS,
      default: 'table',
      summary: 'Form of the result',
    })(),
    graph: Flags.boolean({ char: 'g', summary: 'Same as -o graph' }),
    unit: Flags.option({
      options: UNITS,
      summary: "Unit of a graph's values (default by the metric's name)",
    })(),
    limit: Flags.integer({ min: 1, helpValue: 'N', summary: 'Print at most so many series' }),
    watch: durationFlag({ summary: 'Ask again after this long, until Ctrl-C' }),
    ...connectionFlags,
  };

  async run(): Promise<void> {
    const { flags, args } = await this.usage(Query);
    const output: QueryOutput = flags.graph ? 'graph' : flags.output;
    const { start, end, step, time } = flags;
    const isInstant = start === undefined && flags.since === undefined;
    const sinceMs = output === 'graph' && isInstant ? GRAPH_SINCE_MS : flags.since;
    const question: Question = {
      query: args.expression,
      output,
      unit: flags.unit ?? unitOf(args.expression),
      limit: flags.limit,
      timeMs: (nowMs) => (time === undefined ? undefined : parseMoment(time, nowMs)),
      window: (nowMs) => rangeWindow({ sinceMs, start, end, stepMs: step }, nowMs),
    };
    await this.withClient(flags, async (client) => {
      if (flags.watch === undefined) this.print(await this.#answer(client, question));
      else await this.#watch(client, question, flags.watch);
    });
  }

  /** Asks and prints until the process is interrupted. */
  async #watch(client: ApiClient, question: Question, everyMs: number): Promise<never> {
    const screen = isInteractive() ? new Repaint(process.stdout) : undefined;
    for (;;) {
      try {
        const text = await this.#answer(client, question);
        if (screen === undefined) this.print(text);
        else screen.show(text);
      } catch (thrown) {
        // A server that restarts is waited for; a wrong expression stays wrong.
        if (!(thrown instanceof MonError && thrown.retryable)) throw thrown;
        if (screen === undefined) this.remark(errorText(thrown));
        else screen.show(`${errorText(thrown)}\n`);
      }
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  /** The result as text. */
  async #answer(client: ApiClient, question: Question): Promise<string> {
    const { query, limit } = question;
    const nowMs = this.clock.nowMs();
    const window = question.window(nowMs);
    const asked =
      window === undefined
        ? client.query({ query, limit, timeMs: question.timeMs(nowMs) })
        : client.queryRange({ query, limit, ...window });
    const answer = await asked.catch(async (thrown) => {
      throw await withCaret(thrown, query);
    });
    this.#remarks(answer);
    if (isEmpty(answer.data)) this.remark('No series match.');
    return this.#format(answer.data, question, window);
  }

  #remarks({ warnings, infos }: JsonSuccess<JsonQueryResult>): void {
    for (const text of warnings ?? []) this.remark(`Warning: ${text}`);
    for (const text of infos ?? []) this.remark(`Info: ${text}`);
  }

  #format(
    result: JsonQueryResult,
    { output, query, unit }: Question,
    window: RangeWindow | undefined,
  ): string {
    const { columns: width, rows } = terminalSize();
    switch (output) {
      case 'json':
        return resultJson(result);
      case 'yaml':
        return resultYaml(result);
      case 'csv':
        return resultCsv(result);
      case 'table':
        return resultTable(result, {
          zone: SYSTEM_ZONE,
          width: isInteractive() ? width : Infinity,
        });
      case 'graph': {
        if (result.resultType !== 'matrix' || window === undefined) return resultJson(result);
        if (result.result.length > GRAPH_SERIES_MAX) this.#manySeries(result.result.length);
        // The last row is the shell's prompt.
        const graph = { ...window, query, unit, zone: SYSTEM_ZONE, width, height: rows - 1 };
        return paint(drawQueryGraph(graph, result.result), this.colors);
      }
      default:
        return unreachable(output);
    }
  }

  #manySeries(count: number): void {
    this.remark(
      `Drawing ${GRAPH_SERIES_MAX} of ${count} series. Choose with topk(${GRAPH_SERIES_MAX}, ...) or sum by (...).`,
    );
  }
}

function isEmpty({ resultType, result }: JsonQueryResult): boolean {
  return (resultType === 'vector' || resultType === 'matrix') && result.length === 0;
}
