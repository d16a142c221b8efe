import type { SharedTable } from '@ground-control/journal';
import type { LoggerService } from '@nestjs/common';
import { fairShare } from './fair-share.js';
import { type Clocks, Session, SYSTEM_CLOCKS } from './session.js';
import { Silence } from './silence.js';
import {
  holderOf,
  leaseKey,
  type LeaseValue,
  type Member,
  memberKey,
  type TableView,
  viewOf,
} from './table-view.js';

/** What is led and what is not, as the election decides. */
export interface Candidate {
  /** The partition is this coordinator's to lead from now on. */
  lead(partition: number, epoch: number): void;
  /** It is not any more. @returns when nothing of it is led here */
  yield(partition: number): Promise<void>;
  /** Something has changed in the table that others should look at. */
  changed(): void;
}

export interface ElectionOptions {
  table: SharedTable;
  partitions: number;
  /** How long a coordinator may be silent until others lead its partitions, in milliseconds. */
  leaseMs: number;
  self: { id: string; peer: string; identity: string; startedAt: number };
  candidate: Candidate;
  logger: LoggerService;
  clocks?: Clocks;
}

/** How often the table is read, as a share of a lease. */
const LOOKS_PER_LEASE = 12;
/** How often a session is renewed in a lease. */
const RENEWALS_PER_LEASE = 3;

/**
 * Decides which partitions a coordinator leads, together with the others, over a table that they share.
 *
 * 1. A lease is taken only where nobody holds one: it was given up, or the session of its holder is over.
 * 2. A session is ended only by who has seen it silent for a whole lease while its own was valid.
 * 3. A lease says who should lead. That no two do is kept by the journal, whatever happens here.
 */
export class Election {
  private readonly session: Session;
  private readonly silence: Silence;
  private readonly led = new Map<number, { epoch: number; revision: number }>();
  private view: TableView = { members: [], leases: new Map() };
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private again = false;
  private stopped = false;
  private settled: (() => void)[] = [];

  constructor(private readonly options: ElectionOptions) {
    const { table, self, leaseMs, clocks = SYSTEM_CLOCKS } = options;
    this.session = new Session(table, self.id, self, leaseMs, clocks);
    this.silence = new Silence(() => clocks.monotonic());
  }

  /** Whether what is led here is led by nobody else, as far as clocks can tell. */
  get valid(): boolean {
    return this.session.valid;
  }

  /** The live coordinators, this one among them, by id. */
  get members(): Member[] {
    return this.view.members.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** The partitions that are this coordinator's. */
  get leases(): number[] {
    return [...this.led.keys()];
  }

  /** Joins. @returns when every partition has a leader and this coordinator has its share */
  start(): Promise<void> {
    const settled = new Promise<void>((resolve) => this.settled.push(resolve));
    this.timer = setInterval(() => this.wake(), this.options.leaseMs / LOOKS_PER_LEASE);
    this.wake();
    return settled;
  }

  /** Looks at the table now: something may have changed. */
  wake(): void {
    if (this.stopped) return;
    this.again = true;
    this.looking ??= this.lookRepeatedly();
  }

  /** Hands everything over to the others and leaves. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.looking;
    for (const resolve of this.settled.splice(0)) resolve();
    try {
      if (this.session.name !== undefined) await this.session.renew(true);
      await Promise.all(this.leases.map((partition) => this.giveUp(partition)));
      await this.session.close();
      this.options.candidate.changed();
    } catch (error) {
      this.options.logger.warn(
        `left without saying so, others take over when the lease is over: ${String(error)}`,
      );
      await this.yieldAll();
    }
  }

  private async lookRepeatedly(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false;
      try {
        // oxlint-disable-next-line no-await-in-loop -- one look after the other
        await this.look();
      } catch (error) {
        this.options.logger.warn(`the table of leases is out of reach: ${String(error)}`);
      }
    }
    this.looking = undefined;
  }

  private async look(): Promise<void> {
    if (!(await this.proveLife())) return;
    this.view = viewOf(await this.options.table.read());
    this.watchOthers();
    await this.buryTheSilent();
    await this.takeShare();
  }

  /** @returns whether there is a session */
  private async proveLife(): Promise<boolean> {
    const { session } = this;
    if (!session.valid) this.silence.forget();
    if (session.name === undefined) return this.join();
    if (session.ageMs < this.options.leaseMs / RENEWALS_PER_LEASE) return true;
    if (await session.renew()) return true;
    this.options.logger.warn(
      'the other coordinators took this one to be gone: it leads nothing, and joins anew',
    );
    await this.yieldAll();
    return this.join();
  }

  private async join(): Promise<boolean> {
    const joined = await this.session.open();
    if (joined) this.options.candidate.changed();
    return joined;
  }

  private watchOthers(): void {
    if (this.session.valid) this.silence.observe(this.view.members);
  }

  /** Ends the sessions of those that were silent for a lease (2); what they led is free then. */
  private async buryTheSilent(): Promise<void> {
    const silent = this.silence
      .longerThan(this.options.leaseMs, this.view.members)
      .filter(({ id }) => id !== this.session.id);
    for (const member of silent) {
      // oxlint-disable-next-line no-await-in-loop -- rarely one
      if (!(await this.options.table.remove(memberKey(member.id), member.revision))) continue;
      this.options.logger.warn(
        `coordinator ${member.id} (${member.identity}) is gone: its lease has run out`,
      );
      this.view.members = this.view.members.filter((other) => other !== member);
      this.options.candidate.changed();
    }
  }

  private async takeShare(): Promise<void> {
    await this.yieldWhatOthersHold();
    const share = this.share();
    if (!share) return;
    const surplus = [...this.mine()].filter((partition) => !share.includes(partition));
    await Promise.all(surplus.map((partition) => this.giveUp(partition)));
    const free = share.filter((partition) => !this.led.has(partition));
    await Promise.all(free.map((partition) => this.acquire(partition)));
    if (share.every((partition) => this.led.has(partition)) && this.allLed()) this.settle();
  }

  /** What this coordinator should lead; undefined while the table does not show that it has joined. */
  private share(): number[] | undefined {
    const members = this.view.members.filter(({ drains }) => !drains).map(({ id }) => id);
    const current = (partition: number): string | undefined =>
      this.led.has(partition) ? this.session.id : holderOf(this.view, partition)?.id;
    return fairShare(this.options.partitions, members, current).get(this.session.id);
  }

  /** The partitions that are led here, or whose lease is this session's though nobody was told. */
  private mine(): Set<number> {
    const held = [...this.view.leases].flatMap(([partition, { session }]) =>
      session === this.session.name ? [partition] : [],
    );
    return new Set([...this.led.keys(), ...held]);
  }

  private async yieldWhatOthersHold(): Promise<void> {
    for (const [partition, { revision }] of this.led) {
      const lease = this.view.leases.get(partition);
      if (!lease || lease.revision <= revision) continue;
      this.led.delete(partition);
      // oxlint-disable-next-line no-await-in-loop -- never more than one, but for an operator's hand
      await this.options.candidate.yield(partition);
    }
  }

  /** Takes a lease that nobody holds (1). */
  private async acquire(partition: number): Promise<void> {
    const lease = this.view.leases.get(partition);
    const holder = holderOf(this.view, partition);
    if (holder && holder.id !== this.session.id) return;
    const epoch = (lease?.epoch ?? 0) + 1;
    const value: LeaseValue = { coordinator: this.session.id, session: this.session.name ?? '', epoch };
    const revision = await this.options.table.put(
      leaseKey(partition),
      JSON.stringify(value),
      lease?.revision ?? 0,
    );
    if (revision === undefined) return void (this.again = true);
    this.options.candidate.lead(partition, epoch);
    this.led.set(partition, { epoch, revision });
  }

  private async giveUp(partition: number): Promise<void> {
    const { epoch, revision } = this.led.get(partition) ??
      this.view.leases.get(partition) ?? { epoch: 0, revision: 0 };
    this.led.delete(partition);
    await this.options.candidate.yield(partition);
    const value: LeaseValue = { epoch };
    await this.options.table.put(leaseKey(partition), JSON.stringify(value), revision);
    this.options.candidate.changed();
  }

  private async yieldAll(): Promise<void> {
    const partitions = this.leases;
    this.led.clear();
    await Promise.all(partitions.map((partition) => this.options.candidate.yield(partition)));
  }

  private allLed(): boolean {
    for (let partition = 0; partition < this.options.partitions; partition += 1) {
      if (!this.led.has(partition) && !holderOf(this.view, partition)) return false;
    }
    return true;
  }

  private settle(): void {
    for (const resolve of this.settled.splice(0)) resolve();
  }
}
