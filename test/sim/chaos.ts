import type { Kernel } from './kernel/kernel.js';
import { NO_FAULTS } from './net/sim-network.js';
import type { CoordinatorNode } from './nodes/coordinator-node.js';
import type { ClientNode } from './nodes/client-node.js';
import type { SimNode } from './nodes/sim-node.js';
import type { WorkerNode } from './nodes/worker-node.js';
import type { Pace } from './pace.js';
import { NO_STORAGE_FAULTS } from './store/sim-log.js';
import type { SimulatedWorld } from './world.js';

/** The processes of a simulation. */
export interface Nodes {
  coordinators: CoordinatorNode[];
  workers: WorkerNode[];
  clients: ClientNode[];
}

/** How many effects a process has before it, at most, when it is to die in the midst of what it does. */
const MOST_EFFECTS_TO_CRASH = 40;

/** Injects faults, one at a time and at random; and then heals everything. */
export class Chaos {
  private readonly kernel: Kernel;
  private isOver = false;
  /** The processes that are to run. */
  private wanted: SimNode[];

  constructor(
    private readonly world: SimulatedWorld,
    private readonly nodes: Nodes,
    private readonly pace: Pace,
  ) {
    this.kernel = world.kernel;
    this.wanted = this.all;
  }

  /** Begins. The first process of each kind runs, the others come when chance has it. */
  begin(): void {
    Object.assign(this.world.network, { faults: this.pace.network });
    Object.assign(this.world.storageFaults, this.pace.storage);
    for (const node of this.all) if (node.name.endsWith('1') || this.kernel.random.chance(0.5)) node.start();
    this.next();
    this.keepAlive();
  }

  /** No fault any more: one coordinator, all workers and all clients run, every clock goes, nothing is lost. */
  heal(): void {
    this.isOver = true;
    this.world.network.faults = NO_FAULTS;
    Object.assign(this.world.storageFaults, NO_STORAGE_FAULTS);
    this.world.network.start();
    const [first, ...others] = this.nodes.coordinators;
    for (const other of others) other.kill();
    for (const node of this.all) {
      node.process.crashAtEffect(Infinity);
      node.process.clockOffset = 0;
      this.kernel.resume(node.process);
      node.connection.reconnectSoon();
    }
    this.wanted = first ? [first, ...this.nodes.workers] : [];
    for (const node of this.wanted) node.start();
  }

  private get all(): SimNode[] {
    return [...this.nodes.coordinators, ...this.nodes.workers, ...this.nodes.clients];
  }

  private next(): void {
    this.kernel.after(this.kernel.random.between(0, this.pace.faultPauseMs), undefined, () => {
      if (this.isOver) return;
      this.strike();
      this.next();
    });
  }

  /** What watches over processes starts those again that died. */
  private keepAlive(): void {
    this.kernel.after(this.kernel.random.between(0, 5_000), undefined, () => {
      for (const node of this.wanted) if (!node.isAlive && this.kernel.random.chance(0.5)) node.start();
      this.keepAlive();
    });
  }

  private strike(): void {
    const { random } = this.kernel;
    const node = random.pick(random.chance(0.5) ? this.nodes.coordinators : this.all);
    const dice = random.next();
    if (dice < 0.15) return this.note('is killed', node, () => node.kill());
    if (dice < 0.45) return this.crashSoon(node);
    if (dice < 0.6) return this.pause(node);
    if (dice < 0.7) return this.cutOff(node);
    if (dice < 0.8) return this.disconnect(node);
    if (dice < 0.9) return this.jump(node);
    if (dice < 0.95) return random.pick(this.nodes.workers).drain();
    return this.restartServer();
  }

  private crashSoon(node: SimNode): void {
    const effects = this.kernel.random.whole(1, MOST_EFFECTS_TO_CRASH);
    this.note(`is to die at its effect ${effects}`, node, () => node.process.crashAtEffect(effects));
  }

  /** As SIGSTOP and SIGCONT: up to far longer than any lease. */
  private pause(node: SimNode): void {
    const { process } = node;
    this.note('is stopped', node, () => (process.paused = true));
    this.later(() => this.kernel.resume(process));
  }

  private cutOff(node: SimNode): void {
    const { connection } = node;
    this.note('is cut off', node, () => connection.silence());
    this.later(() => {
      if (!this.isOver && this.kernel.random.chance(0.5)) connection.lose();
      connection.reconnectSoon();
    });
  }

  private disconnect(node: SimNode): void {
    const { connection } = node;
    this.note('is disconnected', node, () => connection.lose());
    this.later(() => connection.reconnectSoon());
  }

  private jump(node: SimNode): void {
    const by = this.kernel.random.pick([-3_600_000, -5_000, -300, 300, 5_000, 3_600_000]);
    this.note(`has its clock moved by ${by} ms`, node, () => (node.process.clockOffset += by));
  }

  private restartServer(): void {
    this.kernel.trace('the server goes');
    this.world.network.stop();
    this.later(() => {
      this.kernel.trace('the server comes');
      this.world.network.start();
    });
  }

  private later(run: () => void): void {
    this.kernel.after(
      this.kernel.random.pick([5, 500, 5_000, 20_000, 60_000]) * this.kernel.random.next(),
      undefined,
      run,
    );
  }

  private note(what: string, node: SimNode, act: () => void): void {
    if (!node.isAlive) return;
    this.kernel.trace(`${node.process.name} ${what}`);
    act();
  }
}
