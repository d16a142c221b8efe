import { checkDurability, JetStreamJournalStore } from '@ground-control/journal';
import { MalformedMessageError, type Reply } from '@ground-control/protocol';
import type { Body, FrameContext, FramePeer, FrameServer, RequestListener } from '@ground-control/transport';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { Caller } from './caller.js';
import { Coordinator } from './coordinator.js';
import {
  COORDINATOR_OPTIONS,
  COORDINATOR_STRATEGY,
  type ResolvedCoordinatorOptions,
} from './coordinator-options.js';

/** How a coordinator does. */
export interface CoordinatorHealth {
  connection: FramePeer['status'];
  started: boolean;
  /** Whether it is one of the coordinators of the namespace, as far as clocks can tell. */
  isMember: boolean;
  /** The partitions that are its to lead. */
  leads: number[];
  /** Those of them that it serves. */
  serves: number[];
  /** Why it does not serve the others: they cannot be recovered, or are in quarantine. */
  troubles: { partition: number; reason: string }[];
}

/**
 * Ties a {@link Coordinator} to its Nest application: connects and leads before the application listens, takes what
 * bypasses Nest's pipeline, and stops leading while it can still be heard.
 */
@Injectable()
export class CoordinatorHost implements OnApplicationBootstrap {
  private running: Coordinator | undefined;
  private connection: FramePeer | undefined;
  private readonly logger = new Logger('Coordinator');

  constructor(
    @Inject(COORDINATOR_OPTIONS) private readonly options: ResolvedCoordinatorOptions,
    @Inject(COORDINATOR_STRATEGY) private readonly strategy: FrameServer,
  ) {}

  /** @throws Error before the application has been bootstrapped */
  get coordinator(): Coordinator {
    if (this.running) return this.running;
    throw new Error('The coordinator is not started: wait for app.listen().');
  }

  /** How the coordinator does, also before it is started. */
  get health(): CoordinatorHealth {
    const { running } = this;
    return {
      connection: this.connection?.status ?? 'disconnected',
      started: running !== undefined,
      isMember: running?.isMember ?? false,
      leads: running?.led ?? [],
      serves: running?.served ?? [],
      troubles: running?.troubles ?? [],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    const peer = await this.strategy.connect();
    this.connection = peer;
    const store = new JetStreamJournalStore(peer.connection, peer.namespace, {
      inboxPrefix: peer.inboxPrefix,
    });
    const { partitions } = await store.open(this.options);
    await this.assertDurable(peer, partitions);
    const coordinator = new Coordinator(this.options, peer, store, this.logger);
    this.running = coordinator;
    this.strategy.onHotMessage(this.passOn(peer));
    this.strategy.beforeClose(() => coordinator.stop());
    coordinator.onLeading = (partition) => {
      const subscription = this.strategy.serve({ kind: 'partition', partition });
      return () => subscription.unsubscribe();
    };
    // Workers register with whoever listens: they must be heard before a partition is led.
    this.strategy.serve({ kind: 'coordinators' });
    await peer.flush();
    await coordinator.start();
  }

  /** @throws Error naming the setting, when what is acknowledged could be lost without a fault */
  private async assertDurable(peer: FramePeer, partitions: number): Promise<void> {
    const findings = await checkDurability(peer.connection, peer.namespace, partitions);
    const faults: string[] = [];
    for (const { severity, setting, found, message, streams } of findings) {
      const where = streams.length > 0 ? ` (${streams.join(', ')})` : '';
      const text = `${setting} is ${found}${where}: ${message}`;
      if (severity === 'error') faults.push(text);
      else this.logger.warn(text);
    }
    if (faults.length > 0) throw new Error(`The coordinator does not serve. ${faults.join(' ')}`);
  }

  /** Asks the leader of the partition that a message was sent to; never settles when it is not served here. */
  ask(request: Body, context: FrameContext): Promise<Reply> {
    const { from, correlation, address } = context;
    if (address.kind !== 'partition')
      throw new MalformedMessageError(`${request.kind} is asked of a partition.`);
    return new Promise((resolve) => {
      this.coordinator.handle(address.partition, request, {
        from,
        key: keyOf(from, correlation),
        respond: resolve,
      });
    });
  }

  private passOn(peer: FramePeer): RequestListener {
    return (from, correlation, body, address) => {
      if (address.kind !== 'partition') throw new MalformedMessageError(`Nothing here handles ${body.kind}.`);
      this.coordinator.handle(address.partition, body, new FrameCaller(peer, from, correlation));
    };
  }
}

/** A request that came by a frame and is answered by one. */
class FrameCaller implements Caller {
  constructor(
    private readonly peer: FramePeer,
    readonly from: string,
    private readonly correlation: number,
  ) {}

  get key(): string {
    return keyOf(this.from, this.correlation);
  }

  respond(reply: Reply): void {
    if (this.correlation > 0) this.peer.reply(this.from, this.correlation, reply);
  }
}

function keyOf(from: string, correlation: number): string {
  return `${from}/${correlation}`;
}
