import { locateNatsServer, type LocatedNatsServer } from '../ground-control.js';
import { modulePath } from '../harness/paths.js';
import type { Engine, EngineContext, EngineDefinition, EngineProcess } from './engine.js';
import { type NatsServers, startSingleNats } from './ground-control.js';
import { ProcessSet } from './process-set.js';

let nats: LocatedNatsServer | undefined;

/** The limit that Ground Control can come near: the same frames and the same synced appends with no engine. */
export const floor: EngineDefinition = {
  name: 'floor',
  conditions:
    'the frames and the appends of W2 on nats-server with sync_interval: always, and no engine in between',
  workloads: ['W2'],
  driver: 'floor/client.js',
  async prepare(say) {
    nats = await locateNatsServer({ onProgress: say });
    return `nats-server ${nats.version}`;
  },
  create(context) {
    if (!nats) throw new Error('nats-server was not prepared.');
    return new Floor(context, nats);
  },
};

class Floor implements Engine {
  settings: Record<string, string> = {};
  readonly #processes: ProcessSet;
  #nats: NatsServers | undefined;

  constructor(
    private readonly context: EngineContext,
    private readonly executable: LocatedNatsServer,
  ) {
    this.#processes = new ProcessSet(context);
  }

  async start(): Promise<void> {
    this.#nats = await startSingleNats(this.context, this.executable);
    this.settings = { servers: this.#nats.servers };
    await this.#processes.fork('server', 'appender', modulePath('floor/appender.js'), this.#env());
  }

  startWorker(): Promise<void> {
    return this.#processes.work('floor/echo.js', this.#env());
  }

  processes(): EngineProcess[] {
    return [...(this.#nats?.processes() ?? []), ...this.#processes.list()];
  }

  async stop(): Promise<void> {
    await this.#processes.stop();
    await this.#nats?.stop();
  }

  #env(): NodeJS.ProcessEnv {
    return { GROUND_CONTROL_SERVERS: this.settings['servers'] };
  }
}
