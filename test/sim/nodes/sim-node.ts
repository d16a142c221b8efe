import { SimConnection } from '../net/sim-connection.js';
import { SimProcess } from '../kernel/sim-process.js';
import type { SimulatedWorld } from '../world.js';

/** A place where a process runs, is killed, and runs anew: each life has a process and a connection of its own. */
export abstract class SimNode {
  process: SimProcess;
  connection: SimConnection;
  private lives = 0;

  constructor(
    readonly name: string,
    protected readonly world: SimulatedWorld,
  ) {
    this.process = new SimProcess(name);
    this.process.kill();
    this.connection = new SimConnection(world.network, this.process);
    this.connection.vanish();
  }

  get isAlive(): boolean {
    return this.process.alive;
  }

  /** Starts a new life of the process, unless it lives. */
  start(): void {
    if (this.isAlive) return;
    const { kernel, network } = this.world;
    this.lives += 1;
    const { clockOffset } = this.process;
    const process = new SimProcess(`${this.name}.${this.lives}`);
    process.clockOffset = clockOffset;
    const connection = new SimConnection(network, process);
    process.onDeath = () => {
      kernel.trace(`${process.name} dies`);
      // Of a machine that is gone the server learns late.
      kernel.after(kernel.random.chance(0.7) ? 0 : kernel.random.between(0, 10_000), undefined, () =>
        connection.vanish(),
      );
    };
    this.process = process;
    this.connection = connection;
    kernel.trace(`${process.name} starts`);
    kernel.as(process, () => {
      this.run().catch((error: unknown) => {
        kernel.trace(`${process.name} cannot start`, () => String(error));
        process.kill();
      });
    });
  }

  kill(): void {
    this.process.kill();
  }

  /** What the process does when it starts. A rejection is its end. */
  protected abstract run(): Promise<void>;
}
