import { WorkflowNotFoundError } from '@ground-control/protocol';
import type { Random } from '../kernel/random.js';
import type { GroundControlClient } from '@ground-control/client';
import type { CallRecorder } from '../../checker/index.js';
import type { Pace, StartedType } from '../pace.js';
import type { LongInput } from './long.workflow.js';
import type { OrderInput } from './order.workflow.js';

/** How often a run is told to finish, at most. */
const FINISH_TRIES = 3;

/** A run that a client has started, or tried to. */
export interface StartedRun {
  type: StartedType;
  workflowId: string;
  runId: string;
}

/** What a client works with. */
export interface ClientLife {
  client: GroundControlClient;
  recorder: CallRecorder;
}

/** The time and the chance that a script goes by: simulated or real. Times in milliseconds. */
export interface ScriptClock {
  readonly random: Random;
  /** Since the script began. */
  readonly now: number;
  sleep(ms: number): Promise<void>;
}

/** What all clients of a simulation do: who starts a run need not be who asks about it. */
export class ClientScript {
  readonly runs: StartedRun[] = [];
  private ids = 0;

  constructor(
    private readonly clock: ScriptClock,
    private readonly pace: Pace,
  ) {}

  /** Does one thing after the other, for as long as its process lives and the faults go on. */
  async work(life: ClientLife): Promise<void> {
    while (this.clock.now < this.pace.chaosMs) {
      await this.act(life);
      await this.clock.sleep(this.random.between(0, this.pace.clientPauseMs));
    }
  }

  /** Brings every run to its end, and asks how it ended. */
  async finish(life: ClientLife, run: StartedRun): Promise<void> {
    const { client, recorder } = life;
    const handle = client.handle(run.workflowId, run.runId);
    if (run.type === 'Order') await this.sendFinish(life, run);
    // A question that waits for hours costs a simulation more than all the rest of it.
    while (!(await this.isEnded(life, run))) await this.clock.sleep(this.pace.pollMs);
    await recorder.call({ kind: 'result', ...refOf(run) }, () => handle.result());
  }

  /** Again, under the same id, until it is answered. */
  private async sendFinish({ client, recorder }: ClientLife, run: StartedRun): Promise<void> {
    const eventId = `finish-${run.runId}`;
    const asked = { kind: 'send', ...refOf(run), event: 'finish', eventId } as const;
    const send = async (): Promise<true> => {
      await client.handle(run.workflowId, run.runId).send('finish', undefined, { eventId });
      return true;
    };
    for (let tries = 0; tries < FINISH_TRIES; tries++) if (await recorder.call(asked, send)) return;
  }

  private async isEnded({ client }: ClientLife, { workflowId, runId }: StartedRun): Promise<boolean> {
    try {
      return (await client.handle(workflowId, runId).describe()).closedAt !== undefined;
    } catch (error) {
      return error instanceof WorkflowNotFoundError;
    }
  }

  private get random(): Random {
    return this.clock.random;
  }

  private async act(life: ClientLife): Promise<void> {
    const { random } = this;
    if (this.runs.length === 0 || (this.runs.length < this.pace.runs && random.chance(0.4)))
      return this.start(life);
    const run = random.pick(this.runs);
    const dice = random.next();
    if (dice < 0.15) return this.read(life, run);
    if (dice < 0.2) return this.end(life, run);
    if (dice < 0.25) return this.waitForResult(life, run);
    if (run.type === 'Order') return dice < 0.6 ? this.pay(life, run) : this.add(life, run);
    return undefined;
  }

  private async start({ client, recorder }: ClientLife): Promise<void> {
    const type = this.random.pick(this.pace.types);
    const again = this.random.chance(0.1) && this.runs.length > 0;
    const workflowId = again ? this.random.pick(this.runs).workflowId : `${type}-${this.newId()}`;
    const run = { type, workflowId, runId: `r-${this.newId()}` };
    const input = this.inputOf(type);
    this.runs.push(run);
    await this.maybeTwice(() =>
      recorder.call(
        { kind: 'start', workflowId, workflowType: type, input, runId: run.runId },
        () => client.start(type, { id: workflowId, input, runId: run.runId }),
        ({ runId }) => runId,
      ),
    );
  }

  private inputOf(type: StartedType): unknown {
    const { random, pace } = this;
    const { longestTaskMs } = pace;
    const sleep = Math.floor(random.between(0, pace.longestSleepMs));
    const delay = Math.floor(random.between(0, pace.longestDelayMs));
    if (type === 'Parent') return longestTaskMs;
    if (type === 'Long') return { rounds: random.whole(0, 3), sleep, delay } satisfies LongInput;
    return { loops: random.whole(0, 3), longestTaskMs, sleep, delay } satisfies OrderInput;
  }

  private async pay({ client, recorder }: ClientLife, run: StartedRun): Promise<void> {
    const payload = `paid-${this.newId()}`;
    const handle = client.handle(run.workflowId, run.runId);
    await this.maybeTwice(() =>
      recorder.call(
        { kind: 'send', ...refOf(run), event: 'pay', payload, eventId: payload },
        () => handle.send('pay', payload, { eventId: payload }),
        () => undefined,
      ),
    );
  }

  private async add({ client, recorder }: ClientLife, run: StartedRun): Promise<void> {
    const payload = this.newId();
    const updateId = `add-${payload}`;
    const handle = client.handle(run.workflowId, run.runId);
    await this.maybeTwice(() =>
      recorder.call({ kind: 'update', ...refOf(run), update: 'add', payload, updateId }, () =>
        handle.update('add', payload, { updateId }),
      ),
    );
  }

  private async read({ client, recorder }: ClientLife, run: StartedRun): Promise<void> {
    const handle = client.handle(run.workflowId, run.runId);
    await recorder.call({ kind: 'history', ...refOf(run) }, () => handle.history());
  }

  private async waitForResult({ client, recorder }: ClientLife, run: StartedRun): Promise<void> {
    const handle = client.handle(run.workflowId, run.runId);
    await recorder.call({ kind: 'result', ...refOf(run) }, () => handle.result({ timeout: '20s' }));
  }

  private async end({ client, recorder }: ClientLife, run: StartedRun): Promise<void> {
    const handle = client.handle(run.workflowId, run.runId);
    const kind = this.random.pick(['cancel', 'terminate'] as const);
    await recorder.call(
      { kind, ...refOf(run) },
      () => handle[kind]('told to'),
      () => undefined,
    );
  }

  /** A caller that does not know whether it was heard asks again, and so does one that should not. */
  private async maybeTwice(call: () => Promise<unknown>): Promise<void> {
    await call();
    if (this.random.chance(0.3)) await call();
  }

  private newId(): number {
    return ++this.ids;
  }
}

function refOf({ workflowId, runId }: StartedRun): { workflowId: string; runId: string } {
  return { workflowId, runId };
}
