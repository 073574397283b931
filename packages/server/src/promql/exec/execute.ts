/**
 * Runs a plan: the one file that knows every operator.
 *
 * Rows are pushed from the scans up through the operators into a sink; what needs all rows of an
 * operand (matching, topk, sorting) collects them first. Every operator starts all of its operands
 * at once, because those may share a scan that waits for all of its readers.
 */
import { assert, unreachable } from '@mon/storage/model/assert';
import type { SeriesMatrix } from '../batch.ts';
import { joinInfo } from '../functions/info.ts';
import type { VectorArgument } from '../functions/vector-function.ts';
import type {
  AggregationPlan,
  ArgumentPlan,
  RangeCallPlan,
  ScalarPlan,
  ScalarSideOperationPlan,
  ScanPlan,
  VectorCallPlan,
  VectorOperationPlan,
  VectorPlan,
} from '../plan/plan.ts';
import { isReadFree } from '../plan/read-free.ts';
import { aggregateRows } from './aggregate/aggregate-rows.ts';
import { cellKindOf, StreamingAggregation } from './aggregate/streaming-aggregation.ts';
import { isSetOperator } from './arithmetic.ts';
import { operateScalars, ScalarOperation } from './binary/scalar-operation.ts';
import { setOperation } from './binary/set-operation.ts';
import { vectorOperation } from './binary/vector-operation.ts';
import { InstantRows } from './instant-rows.ts';
import type { QueryRun } from './query-run.ts';
import { SeriesRangeCall } from './range-call.ts';
import { RangeRows } from './range-rows.ts';
import { absentRow, repeatMatrix, scalarOfRows } from './reshape.ts';
import { RowCollector, type RowSink } from './row-sink.ts';
import { Scans } from './scan.ts';
import { gridTimes, pushSubqueryRows } from './subquery-rows.ts';
import { isStreamed, VectorCallStage } from './vector-call.ts';

export class Execution {
  readonly #run: QueryRun;
  readonly #scans: Scans;

  constructor(scans: readonly ScanPlan[], run: QueryRun) {
    this.#run = run;
    this.#scans = new Scans(scans, run);
  }

  get scans(): Scans {
    return this.#scans;
  }

  /** All rows of a vector that have a value. */
  async rows(plan: VectorPlan): Promise<SeriesMatrix> {
    const collector = new RowCollector(plan.grid.steps, this.#run);
    await this.push(plan, collector);
    return collector.take();
  }

  /** [steps] the value of a scalar at each step. */
  async scalar(plan: ScalarPlan): Promise<Float64Array> {
    const { steps } = plan.grid;
    switch (plan.kind) {
      case 'constant':
        return new Float64Array(steps).fill(plan.value);
      case 'time':
        return gridTimes(plan.grid).map((ms) => ms / 1000);
      case 'scalar-of':
        return scalarOfRows(await this.rows(plan.vector));
      case 'scalar-operation': {
        const [left, right] = await Promise.all([this.scalar(plan.left), this.scalar(plan.right)]);
        return operateScalars(plan.operator, left, right);
      }
      case 'repeated-scalar': {
        const [value] = await this.scalar(plan.scalar);
        return new Float64Array(steps).fill(value as number);
      }
    }
  }

  /** Evaluates a vector, handing its rows to `sink` as they are made. */
  async push(plan: VectorPlan, sink: RowSink): Promise<void> {
    switch (plan.kind) {
      case 'instant-selector':
        return this.#scans.read(plan.read, new InstantRows(plan, sink));
      case 'range-call':
        return this.#pushRangeCall(plan, sink);
      case 'vector-call':
        return this.#pushVectorCall(plan, sink);
      case 'aggregation':
        return this.#pushAggregation(plan, sink);
      case 'scalar-side-operation':
        return this.#pushScalarOperation(plan, sink);
      case 'vector-operation':
        return this.#pushVectorOperation(plan, sink);
      case 'vector-of': {
        const values = await this.scalar(plan.scalar);
        const presence = new Uint8Array(values.length).fill(1);
        const dropName = new Uint8Array(1);
        return sink.push({ labels: [[]], dropName, values, presence, steps: values.length });
      }
      case 'info': {
        const [rows, info] = await Promise.all([this.rows(plan.vector), this.rows(plan.info)]);
        return sink.push(joinInfo(rows, info, plan.selection));
      }
      case 'absent':
        return sink.push(absentRow(await this.rows(plan.vector), plan.labels));
      case 'repeated-vector':
        return sink.push(repeatMatrix(await this.rows(plan.vector), plan.grid.steps, this.#run));
      default:
        return unreachable(plan);
    }
  }

  async #pushRangeCall(plan: RangeCallPlan, sink: RowSink): Promise<void> {
    const { source } = plan;
    if (source.kind === 'selector') {
      const args = await this.#scalars(plan.scalars);
      const call = new SeriesRangeCall(plan, args, this.#run.remarks);
      return this.#scans.read(source.read, new RangeRows(source, call, { sink, run: this.#run }));
    }
    const [args, inner] = await Promise.all([
      this.#scalars(plan.scalars),
      this.rows(source.vector),
    ]);
    const call = new SeriesRangeCall(plan, args, this.#run.remarks);
    return pushSubqueryRows(inner, { source, call }, { sink, run: this.#run });
  }

  async #pushVectorCall(plan: VectorCallPlan, sink: RowSink): Promise<void> {
    const { remarks } = this.#run;
    const vector = plan.args.find((arg) => arg.kind === 'vector');
    assert(vector, `${plan.func} is called without a vector`);
    if (isStreamed(plan)) {
      const others = await this.#otherArguments(plan.args);
      return this.push(vector.vector, new VectorCallStage(plan, others, { sink, remarks }));
    }
    const [others, rows] = await Promise.all([
      this.#otherArguments(plan.args),
      this.rows(vector.vector),
    ]);
    new VectorCallStage(plan, others, { sink, remarks }).push(rows);
  }

  /** The arguments of a call, undefined for vectors. */
  #otherArguments(args: readonly ArgumentPlan[]): Promise<(VectorArgument | undefined)[]> {
    return Promise.all(
      args.map(async (arg) => {
        if (arg.kind === 'vector') return undefined;
        if (arg.kind === 'string') return arg;
        return { kind: 'scalar', values: await this.scalar(arg.scalar) };
      }),
    );
  }

  async #pushAggregation(plan: AggregationPlan, sink: RowSink): Promise<void> {
    const kind = cellKindOf(plan.operator);
    const run = this.#run;
    if (kind === undefined) {
      const [rows, param] = await Promise.all([
        this.rows(plan.vector),
        plan.param === undefined ? undefined : this.scalar(plan.param),
      ]);
      return sink.push(await aggregateRows(plan, { rows, param }, run));
    }
    const aggregation = new StreamingAggregation(kind, plan, { steps: plan.grid.steps, run });
    await this.push(plan.vector, aggregation);
    sink.push(aggregation.finish());
  }

  async #pushScalarOperation(plan: ScalarSideOperationPlan, sink: RowSink): Promise<void> {
    if (isReadFree(plan.scalar)) {
      const scalar = await this.scalar(plan.scalar);
      return this.push(plan.vector, new ScalarOperation(plan, scalar, sink));
    }
    const [rows, scalar] = await Promise.all([this.rows(plan.vector), this.scalar(plan.scalar)]);
    new ScalarOperation(plan, scalar, sink).push(rows);
  }

  async #pushVectorOperation(plan: VectorOperationPlan, sink: RowSink): Promise<void> {
    const { operator, matching } = plan;
    const run = this.#run;
    const [left, right] = await Promise.all([this.rows(plan.left), this.rows(plan.right)]);
    const rows = isSetOperator(operator)
      ? await setOperation(operator, { left, right }, { matching, run })
      : await vectorOperation(plan, { left, right }, run);
    sink.push(rows);
  }

  #scalars(plans: readonly ScalarPlan[]): Promise<Float64Array[]> {
    return Promise.all(plans.map((plan) => this.scalar(plan)));
  }
}
