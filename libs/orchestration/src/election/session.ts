import { randomUUID } from 'node:crypto';
import type { SharedTable } from '@ground-control/journal';
import { type MemberValue, memberKey, parse } from './table-view.js';

/** The clocks of a process, in milliseconds. */
export interface Clocks {
  /** Never goes back, but may stand still while the machine is suspended. */
  monotonic(): number;
  /** May jump, but goes on while the machine is suspended. */
  wall(): number;
}

export const SYSTEM_CLOCKS: Clocks = { monotonic: () => performance.now(), wall: () => Date.now() };

/** How much of a lease its holder relies on; the rest is for clocks that do not run alike. */
const RELIED_ON = 0.9;

/**
 * A coordinator's membership, which all of its leases hang on: they hold for as long as it is renewed.
 *
 * 1. A renewal replaces the revision that the last one wrote. Who ends the session replaces it too, so that either the
 *    session was renewed or it is over, never both.
 * 2. It counts as valid for nine tenths of a lease from when the last successful renewal was *sent*. Others end it only
 *    once they have seen no renewal for a whole lease. So at no time does it count as valid here and is over there, as
 *    long as no clock runs a tenth faster than another.
 */
export class Session {
  private value: MemberValue | undefined;
  private revision = 0;
  private provenAt = { monotonic: -Infinity, wall: -Infinity };

  constructor(
    private readonly table: SharedTable,
    readonly id: string,
    private readonly self: Pick<MemberValue, 'peer' | 'identity' | 'startedAt'>,
    private readonly leaseMs: number,
    private readonly clocks: Clocks = SYSTEM_CLOCKS,
  ) {}

  /** The session's name, while there is one. */
  get name(): string | undefined {
    return this.value?.session;
  }

  /** Whether nobody else can have ended it (2). */
  get valid(): boolean {
    const limit = this.leaseMs * RELIED_ON;
    const { monotonic, wall } = this.provenAt;
    return this.clocks.monotonic() - monotonic < limit && Math.abs(this.clocks.wall() - wall) < limit;
  }

  /** How long ago the last successful renewal was sent, in milliseconds. */
  get ageMs(): number {
    return this.clocks.monotonic() - this.provenAt.monotonic;
  }

  /**
   * Joins. An earlier process of the same id is out at once, and its leases with it.
   *
   * @returns false when another was quicker
   * @throws JournalUncertainError when the table does not answer
   */
  async open(): Promise<boolean> {
    const predecessor = await this.table.get(memberKey(this.id));
    const value: MemberValue = { ...this.self, session: randomUUID(), beat: 0 };
    return this.write(value, predecessor?.revision ?? 0);
  }

  /**
   * Renews it (1).
   *
   * @returns false when it is over
   * @throws JournalUncertainError when the table does not answer
   */
  async renew(drains = false): Promise<boolean> {
    const value = this.value;
    if (!value) return false;
    const next = { ...value, beat: value.beat + 1, ...(drains && { drains }) };
    return (await this.write(next, this.revision)) || this.adopt(value.session);
  }

  /** Leaves, so that nobody has to wait for the lease to run out. */
  async close(): Promise<void> {
    const { value, revision } = this;
    this.end();
    if (value) await this.table.remove(memberKey(this.id), revision);
  }

  private async write(value: MemberValue, revision: number): Promise<boolean> {
    const sentAt = this.now();
    const written = await this.table.put(memberKey(this.id), JSON.stringify(value), revision);
    if (written === undefined) return false;
    this.value = value;
    this.revision = written;
    this.provenAt = sentAt;
    return true;
  }

  /** A renewal that was given up for lost may have been written after all: then the session is at that revision. */
  private async adopt(session: string): Promise<boolean> {
    const entry = await this.table.get(memberKey(this.id));
    const found = entry && parse<MemberValue>(entry.value);
    if (entry && found?.session === session) {
      this.value = found;
      this.revision = entry.revision;
      return true;
    }
    this.end();
    return false;
  }

  private end(): void {
    this.value = undefined;
    this.provenAt = { monotonic: -Infinity, wall: -Infinity };
  }

  private now(): { monotonic: number; wall: number } {
    return { monotonic: this.clocks.monotonic(), wall: this.clocks.wall() };
  }
}
