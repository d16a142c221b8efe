import type { HistoryEvent } from '@ground-control/protocol';
import { check, type FinalRun, inWords } from '../checker/index.js';
import { Chaos, type Nodes } from './chaos.js';
import { installGlobals } from './kernel/globals.js';
import { currentProcess } from './kernel/kernel.js';
import { ClientNode } from './nodes/client-node.js';
import { CoordinatorNode } from './nodes/coordinator-node.js';
import { WorkerNode } from './nodes/worker-node.js';
import type { PlantedBug } from './planted/plant.js';
import { drawPace, type Pace } from './pace.js';
import type { Workflows } from './workload/application.js';
import { type ClientLife, ClientScript } from './workload/client-script.js';
import { far } from './workload/far-end.js';
import { checkOrders } from './workload/order-check.js';
import { SimulatedWorld } from './world.js';

/** How long a client has for its last questions, in simulated milliseconds. */
const HARVEST_MS = 600_000;

/** How often it is asked whether runs are active that no client waits for. */
const LAST_TRIES = 100;

/** What one simulation came to. */
export interface Verdict {
  seed: number;
  /** Every broken rule in words; none when all is well. */
  violations: string[];
  /** A checksum of all that happened: the same for every run of the seed. */
  digest: number;
  events: number;
  runs: number;
  /** The hours from start to end of all runs together. */
  workflowHours: number;
  simulatedHours: number;
}

export interface SimulationOptions {
  workflows: Workflows;
  /** A bug that is in the production code meanwhile. */
  bug?: PlantedBug | undefined;
  onTrace?: ((line: string) => void) | undefined;
}

/** Runs one simulation from its seed to its verdict. */
export async function simulate(
  seed: number,
  { workflows, bug, onTrace }: SimulationOptions,
): Promise<Verdict> {
  const world = new SimulatedWorld(seed, workflows);
  world.kernel.onTrace = onTrace;
  const restore = installGlobals(world.kernel);
  const unhandled = (error: unknown): void => {
    world.alarms.push(
      `nobody caught ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  };
  const takeOut = bug?.plant();
  process.on('unhandledRejection', unhandled);
  process.on('uncaughtException', unhandled);
  try {
    return await new Simulation(world).run();
  } finally {
    takeOut?.();
    restore();
    process.off('unhandledRejection', unhandled);
    process.off('uncaughtException', unhandled);
  }
}

class Simulation {
  private readonly script: ClientScript;
  private readonly nodes: Nodes;
  private readonly chaos: Chaos;
  private readonly pace: Pace;

  constructor(private readonly world: SimulatedWorld) {
    this.pace = drawPace(world.kernel.random);
    this.script = new ClientScript(world.kernel, this.pace);
    this.nodes = this.makeNodes();
    this.chaos = new Chaos(world, this.nodes, this.pace);
    far.note = (entry) => {
      if (currentProcess()?.mayAct()) world.log({ type: 'ledger', ...entry });
    };
  }

  async run(): Promise<Verdict> {
    const { kernel } = this.world;
    kernel.trace(`seed ${kernel.seed}`, () => JSON.stringify(this.pace));
    this.chaos.begin();
    await kernel.run(this.pace.chaosMs);
    kernel.trace('every fault is over');
    this.chaos.heal();
    await this.finish();
    const runs = await this.harvest('harvest');
    this.restartCoordinator();
    const again = await this.harvest('second harvest');
    return this.verdict(runs, again);
  }

  private makeNodes(): Nodes {
    const { world, script } = this;
    return {
      coordinators: named(
        world.kernel.random.whole(1, 3),
        (n) => new CoordinatorNode(`coordinator${n}`, world),
      ),
      workers: named(world.kernel.random.whole(1, 3), (n) => new WorkerNode(`worker${n}`, world)),
      clients: named(2, (n) => new ClientNode(`client${n}`, world, (life) => script.work(life))),
    };
  }

  private async finish(): Promise<void> {
    const { script } = this;
    const calls = [...script.runs];
    await this.asClient('finisher', this.pace.settleMs, async (life) => {
      await Promise.all(calls.map((run) => script.finish(life, run)));
      // Children that their parents have left behind go on.
      for (let tries = 0; tries < LAST_TRIES; tries++) {
        if (!(await hasActive(life))) return;
        await this.world.kernel.sleep(this.pace.pollMs);
      }
    });
  }

  /** Every run and its history, as a client sees them. */
  private async harvest(name: string): Promise<FinalRun[]> {
    const runs: FinalRun[] = [];
    await this.asClient(name, HARVEST_MS, async ({ client }) => {
      for (let cursor: string | undefined, first = true; first || cursor; first = false) {
        const page = await client.list({ limit: 100, ...(cursor && { cursor }) });
        cursor = page.cursor;
        for (const { id: runId, workflowId } of page.runs)
          runs.push({ workflowId, runId, history: await client.handle(workflowId, runId).history() });
      }
    });
    return runs;
  }

  /** Has a client of its own do something. It is a violation when it cannot in time. */
  private async asClient(
    name: string,
    withinMs: number,
    work: (life: ClientLife) => Promise<unknown>,
  ): Promise<void> {
    const { kernel } = this.world;
    let isDone = false;
    let failure: string | undefined = 'it is not done in time';
    const node = new ClientNode(name, this.world, async (life) => {
      await work(life).then(
        () => (failure = undefined),
        (error: unknown) => (failure = String(error)),
      );
      isDone = true;
    });
    node.start();
    // What production code never says ends a simulation early: it would only wait in vain.
    await kernel.run(kernel.now + withinMs, () => isDone || this.world.alarms.length > 0);
    if (failure !== undefined && this.world.alarms.length === 0)
      this.world.alarms.push(`${name}: ${failure}`);
    node.kill();
  }

  private restartCoordinator(): void {
    const [first] = this.nodes.coordinators;
    first?.kill();
    first?.start();
  }

  private verdict(runs: FinalRun[], again: FinalRun[]): Verdict {
    const { kernel, clientLog, alarms } = this.world;
    const violations = [
      ...alarms,
      ...check({ log: clientLog, runs, settled: true }).map(inWords),
      ...checkOrders(runs),
      ...(textOf(runs) === textOf(again) ? [] : ['a coordinator that recovered tells other histories']),
    ];
    for (const violation of violations) kernel.trace('VIOLATION', () => violation);
    return {
      seed: kernel.seed,
      violations,
      digest: kernel.digest,
      events: kernel.events,
      runs: runs.length,
      workflowHours: runs.reduce((hours, { history }) => hours + hoursOf(history), 0),
      simulatedHours: kernel.now / 3_600_000,
    };
  }
}

function named<Node>(count: number, make: (number: number) => Node): Node[] {
  return Array.from({ length: count }, (_, index) => make(index + 1));
}

async function hasActive({ client }: ClientLife): Promise<boolean> {
  const { runs } = await client.list({ status: ['scheduled', 'running', 'waiting'], limit: 1 });
  return runs.length > 0;
}

function textOf(runs: FinalRun[]): string {
  return JSON.stringify(runs.toSorted((a, b) => (a.runId < b.runId ? -1 : 1)));
}

/** Clocks jump: a run counts for no less than nothing. */
function hoursOf(history: HistoryEvent[]): number {
  const [first, last] = [history[0], history.at(-1)];
  return first && last ? Math.max(0, last.at.getTime() - first.at.getTime()) / 3_600_000 : 0;
}
