import type { CliContext } from '../cli-context.js';
import type { GlobalOptions, Session } from '../session.js';
import type { Candidate, Lookup } from './complete.js';

/** How long a key press may wait for a coordinator, in milliseconds. */
const PATIENCE_MS = 1_000;
const MOST_IDS = 50;

/** Looks names up in the namespace; whatever goes wrong, there is just nothing to offer. */
export class ClientLookup implements Lookup {
  constructor(
    private readonly context: CliContext,
    private readonly options: GlobalOptions,
  ) {}

  workflowTypes(): Promise<Candidate[]> {
    return this.ask(async ({ client }) => {
      const types = await client.workflowTypes();
      return types.map(({ type, steps }) => ({ value: type, description: `${steps.length} steps` }));
    });
  }

  workflowIds(prefix: string): Promise<Candidate[]> {
    return this.ask(async ({ client }) => {
      const { runs } = await client.list({ idPrefix: prefix, limit: MOST_IDS });
      return runs.map((run) => ({
        value: run.workflowId,
        description: `${run.workflowType}, ${run.status}`,
      }));
    });
  }

  handlers(workflowId: string, kind: 'event' | 'query' | 'update'): Promise<Candidate[]> {
    return this.ask(async ({ client }) => {
      const { workflowType } = await client.handle(workflowId).describe();
      const type = (await client.workflowTypes()).find((candidate) => candidate.type === workflowType);
      const names = { event: type?.events, query: type?.queries, update: type?.updates }[kind] ?? [];
      return names.map((value) => ({ value, description: `${kind} of ${workflowType}` }));
    });
  }

  private async ask(act: (session: Session) => Promise<Candidate[]>): Promise<Candidate[]> {
    try {
      const session = await this.context.openSession({ ...this.options, requestTimeout: PATIENCE_MS });
      try {
        return await act(session);
      } finally {
        await session.close();
      }
    } catch {
      return [];
    }
  }
}
