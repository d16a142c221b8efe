import { decodeRunInfo } from '@ground-control/client';
import type { AnswerQuery, QueryAnswered, Refused, RunInfo, ValueCodec } from '@ground-control/protocol';
import { type QueryContext, runOutsideSteps, type Store } from '@ground-control/workflow';
import { Logger, type LoggerService } from '@nestjs/common';
import { asError, type Failures } from './failures.js';
import { HeldRun } from './held-run.js';
import type { ServedWorkflow } from './served-workflow.js';
import { ReadOnlyStore } from './step-store.js';

/** Answers queries from the committed state of runs. */
export class QueryAnswerer {
  constructor(
    private readonly workflows: ReadonlyMap<string, ServedWorkflow>,
    private readonly values: ValueCodec,
    private readonly failures: Failures,
  ) {}

  async answer(request: AnswerQuery): Promise<QueryAnswered | Refused> {
    const { run, query, args } = request;
    const served = this.workflows.get(run.workflowType)?.queries.get(query);
    if (!served) return unknownQuery(run.workflowType, query);
    try {
      const context = new RunQueryContext(request, this.values);
      const result = await runOutsideSteps(() => served.invoke(context, this.values.decode(args)));
      return { kind: 'query.answered', result: this.values.encode(result, `result of query ${query}`) };
    } catch (error) {
      return this.failed(query, asError(error));
    }
  }

  private failed(query: string, error: Error): Refused {
    const failure = this.failures.encode(error);
    return {
      kind: 'error',
      code: 'QUERY_FAILED',
      message: `Query ${query} failed: ${failure.message}`,
      failure,
    };
  }
}

class RunQueryContext implements QueryContext {
  readonly store: Store;
  readonly run: RunInfo;

  constructor({ runId, run, info }: AnswerQuery, values: ValueCodec) {
    const held = new HeldRun(runId, run);
    this.run = info ? decodeRunInfo(info, values) : held.info(undefined, undefined);
    this.store = new ReadOnlyStore(held.store, values);
  }

  get logger(): LoggerService {
    return new Logger(this.run.workflowType);
  }
}

function unknownQuery(workflowType: string, query: string): Refused {
  const message = `Workflow type ${workflowType} has no query ${JSON.stringify(query)}.`;
  return { kind: 'error', code: 'UNKNOWN_QUERY', message };
}
