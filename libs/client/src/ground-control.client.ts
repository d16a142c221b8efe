import {
  assertName,
  InvalidInputError,
  type RunCount,
  type StartWorkflow,
  type ValueCodec,
  WorkflowNotFoundError,
} from '@ground-control/protocol';
import type { InputOf, ResultOf, StartedWorkflow, WorkflowHandle } from '@ground-control/workflow';

import { type ClusterInfo, type ClusterOptions, describeCluster } from './cluster-info.js';
import { map, type Observable } from 'rxjs';

import type { CoordinatorLink } from './coordinator-link.js';
import { countRuns } from './count-runs.js';
import { type ExportedEvent, exportEvent } from './exported-history.js';
import { HistoryReader } from './history-reader.js';
import { type ListOptions, listRuns, type RunPage } from './list-runs.js';
import { type WorkerInfo, workerInfo, type WorkflowTypeInfo, workflowTypeInfo } from './namespace-info.js';
import { assertRunId, type StartOptions, startRequest } from './start-options.js';
import { LinkedWorkflowHandle } from './workflow-handle.js';

/** A workflow class. */
export type WorkflowClass<W = unknown> = abstract new (...args: never[]) => W;

/** Tells the workflow type of a class, or undefined when the class is no workflow. */
export type WorkflowTypeOf = (workflow: WorkflowClass) => string | undefined;

/** Checks the input of a workflow class before a run is started with it. @throws InvalidInputError */
export type CheckInput = (workflow: WorkflowClass, input: unknown) => Promise<void>;

/**
 * Starts workflows and reaches their runs, from any process of the namespace.
 *
 * A workflow is given by its class, from whose start method the types of input and result are inferred, or by its
 * type as text.
 */
export class GroundControlClient {
  constructor(
    private readonly link: CoordinatorLink,
    private readonly values: ValueCodec,
    private readonly typeOf: WorkflowTypeOf = () => undefined,
    private readonly checkInput?: CheckInput | undefined,
  ) {}

  /**
   * Starts a run; returns once the start is durable.
   *
   * @throws WorkflowAlreadyRunningError when the options' policies forbid another run of the id
   * @throws WorkflowTypeNotRegisteredError when no worker ever served the type
   * @throws InvalidInputError when an option or the input is not valid
   * @throws CoordinatorUnavailableError when no coordinator answers within the request timeout
   */
  start<W>(
    workflow: WorkflowClass<W>,
    options?: StartOptions<InputOf<NoInfer<W>>>,
  ): Promise<StartedWorkflow<ResultOf<W>, W>>;
  /** @typeParam R the result of the workflow */
  start<R = unknown>(workflowType: string, options?: StartOptions): Promise<StartedWorkflow<R>>;
  start<W>(
    workflow: WorkflowClass<W> | string,
    options?: StartOptions<InputOf<NoInfer<W>>>,
  ): Promise<StartedWorkflow<ResultOf<W>, W>>;
  start(workflow: WorkflowClass | string, options: StartOptions = {}): Promise<StartedWorkflow> {
    return this.#start(workflow, options);
  }

  /** Starts a run and waits for its result. Throws as {@link start} and {@link WorkflowHandle.result} do. */
  run<W>(workflow: WorkflowClass<W>, options?: StartOptions<InputOf<NoInfer<W>>>): Promise<ResultOf<W>>;
  /** @typeParam R the result of the workflow */
  run<R = unknown>(workflowType: string, options?: StartOptions): Promise<R>;
  run<W>(
    workflow: WorkflowClass<W> | string,
    options?: StartOptions<InputOf<NoInfer<W>>>,
  ): Promise<ResultOf<W>>;
  async run(workflow: WorkflowClass | string, options: StartOptions = {}): Promise<unknown> {
    const request = await this.#startRequest(workflow, options);
    // Both travel together: the result of the run that is to be, unless it is another that the policies choose.
    const starting = this.link.ask(request);
    const ending = this.handle(request.workflowId, request.runId).result();
    ending.catch(() => {});
    const { runId } = await starting;
    return runId === request.runId
      ? this.#resultAfterStart(request, ending)
      : this.handle(request.workflowId, runId).result();
  }

  /** The question may have overtaken the start on the way. */
  async #resultAfterStart({ workflowId, runId }: StartWorkflow, ending: Promise<unknown>): Promise<unknown> {
    try {
      return await ending;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return this.handle(workflowId, runId).result();
      throw error;
    }
  }

  /**
   * A handle on a run; nothing is asked of anybody.
   *
   * @param runId the latest run of the workflow id when absent
   */
  handle<R = unknown, W = unknown>(workflowId: string, runId?: string): WorkflowHandle<R, W> {
    assertName(workflowId, 'The workflow id');
    if (runId !== undefined) assertRunId(runId);
    return new LinkedWorkflowHandle<R>(workflowId, runId, this.link, this.values);
  }

  /** A page of the runs that meet the conditions, active and ended, newest first. */
  list(options: ListOptions = {}): Promise<RunPage> {
    return listRuns(this.link, this.values, options);
  }

  /**
   * A run's history so far, each event with what it was made from: what `gctl workflow replay` reads.
   *
   * @param runId the latest run of the workflow id when absent
   * @throws WorkflowNotFoundError when there is no such run
   */
  async exportHistory(workflowId: string, runId?: string): Promise<ExportedEvent[]> {
    const events = await this.#historyReader(workflowId, runId).readEncoded();
    return events.map((event) => exportEvent(event, this.values));
  }

  /** As {@link exportHistory}, and then the events that come, until the run has ended. */
  watchExported(workflowId: string, runId?: string): Observable<ExportedEvent> {
    const events = this.#historyReader(workflowId, runId).watchEncoded();
    return events.pipe(map((event) => exportEvent(event, this.values)));
  }

  /** How many runs there are, active and ended, by type and status; the largest count first. */
  counts(): Promise<RunCount[]> {
    return countRuns(this.link);
  }

  /** The workflow types that workers registered in the namespace. */
  async workflowTypes(): Promise<WorkflowTypeInfo[]> {
    const { types } = await this.link.askAny({ kind: 'types.list' });
    return types.map(workflowTypeInfo);
  }

  /** The workers that are live. */
  async workers(): Promise<WorkerInfo[]> {
    const { workers } = await this.link.askAny({ kind: 'workers.list' });
    return workers.map(workerInfo);
  }

  /**
   * The partitions and who leads them, how many runs they have, and the NATS server. A partition whose leader does not
   * answer in time has an `error` in place of one.
   *
   * @throws CoordinatorUnavailableError when no coordinator answers at all
   */
  cluster(options: ClusterOptions = {}): Promise<ClusterInfo> {
    return describeCluster(this.link, options);
  }

  #historyReader(workflowId: string, runId: string | undefined): HistoryReader {
    assertName(workflowId, 'The workflow id');
    if (runId !== undefined) assertRunId(runId);
    return new HistoryReader({ workflowId, runId }, this.link, this.values);
  }

  async #start(workflow: WorkflowClass | string, options: StartOptions): Promise<StartedWorkflow> {
    const request = await this.#startRequest(workflow, options);
    const started = await this.link.ask(request);
    return this.handle(request.workflowId, started.runId) as StartedWorkflow;
  }

  async #startRequest(workflow: WorkflowClass | string, options: StartOptions): Promise<StartWorkflow> {
    const request = startRequest(this.#nameOf(workflow), options, this.values);
    if (typeof workflow !== 'string') await this.checkInput?.(workflow, options.input);
    return request;
  }

  #nameOf(workflow: WorkflowClass | string): string {
    if (typeof workflow === 'string') return workflow;
    const type = this.typeOf(workflow);
    if (type !== undefined) return type;
    throw new InvalidInputError(`${workflow.name} is no workflow class. Put @Workflow() on it.`);
  }
}
