import type { RoomShared, ShareRoom, WorkerShares } from '@ground-control/protocol';
import { RoomLedger } from './room-ledger.js';
import type { WorkerLink } from './worker-link.js';

/** How long a coordinator has to answer before its share counts as used, in milliseconds. */
const ANSWER_TIMEOUT_MS = 1_000;
/** How soon it is looked again whether steps have ended that kept a share from shrinking, in milliseconds. */
const RETRY_MS = 50;

/** Shares a worker's room out among the coordinators, as they have steps for it. */
export class RoomBroker {
  private readonly ledger: RoomLedger;
  private dealing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private again = false;
  private stopped = false;

  constructor(
    private readonly link: WorkerLink,
    capacity: number,
  ) {
    this.ledger = new RoomLedger(capacity);
  }

  /** What each coordinator may use; undefined as long as there was one at most. */
  get shares(): WorkerShares | undefined {
    return this.ledger.shares;
  }

  /** Takes notice of the live coordinators. */
  know(coordinators: readonly string[] | undefined): void {
    if (!coordinators || coordinators.length === 0) return;
    this.ledger.know(coordinators);
    this.deal();
  }

  /** A coordinator has more steps than its share lets it give. */
  want(coordinator: string): void {
    this.ledger.want(coordinator);
    this.deal();
  }

  /** A third of a lease has gone by. */
  beat(): void {
    this.ledger.beat();
    this.deal();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private deal(): void {
    if (this.stopped || !this.ledger.shares) return;
    this.again = true;
    clearTimeout(this.timer);
    this.dealing ??= this.dealRepeatedly();
  }

  private async dealRepeatedly(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false;
      // oxlint-disable-next-line no-await-in-loop -- one deal after the other
      await Promise.all(this.ledger.excess.map(([peer, share]) => this.reduce(peer, share)));
      for (const [peer, share] of this.ledger.raise()) void this.share(peer, share);
    }
    this.dealing = undefined;
    // Steps that still run keep a share from shrinking: what they free is the others'.
    if (this.ledger.excess.length > 0 && !this.stopped)
      this.timer = setTimeout(() => this.deal(), RETRY_MS).unref();
  }

  private async reduce(peer: string, share: number): Promise<void> {
    const holds = await this.share(peer, share);
    if (holds !== undefined) this.ledger.reduced(peer, Math.max(share, holds));
  }

  /** @returns how many steps the worker has from the coordinator; undefined when that is not known */
  private async share(peer: string, steps: number): Promise<number | undefined> {
    const request: ShareRoom = { kind: 'worker.share', workerId: this.link.id, steps };
    try {
      const reply = await this.link.request({ kind: 'peer', peer }, request, {
        timeoutMs: ANSWER_TIMEOUT_MS,
      });
      return reply.kind === 'worker.shared' ? (reply as RoomShared).holds : undefined;
    } catch {
      return undefined; // it is dead, or tells with the next heartbeat
    }
  }
}
