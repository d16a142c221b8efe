import type { PartitionLeader } from './partition-leader.js';

/** What is needed to lead a partition. */
export interface LeadingParts {
  newLeader(partition: number, epoch: number): PartitionLeader;
  /** Begins to hear what is asked of the partition. @returns what ends that */
  listen(partition: number): () => void;
  /** Called while the leader still knows what the workers hold. */
  beforeYield(partition: number): void;
}

interface Led {
  leader: PartitionLeader;
  served: Promise<void>;
  stopListening: () => void;
}

/** The partitions that are led here, which come and go with their leases. */
export class PartitionLeaders {
  private readonly led = new Map<number, Led>();

  constructor(private readonly parts: LeadingParts) {}

  get(partition: number): PartitionLeader | undefined {
    return this.led.get(partition)?.leader;
  }

  /** The partitions that are led. */
  get all(): number[] {
    return [...this.led.keys()].toSorted((one, other) => one - other);
  }

  /** The partitions that are served now. */
  get serving(): number[] {
    return this.all.filter((partition) => this.get(partition)?.serving);
  }

  /** Why those that are not served are not, as far as that is known. */
  get troubles(): { partition: number; reason: string }[] {
    return this.all.flatMap((partition) => {
      const reason = this.get(partition)?.trouble;
      return reason === undefined ? [] : { partition, reason };
    });
  }

  /** Begins to lead. */
  lead(partition: number, epoch: number): void {
    const leader = this.parts.newLeader(partition, epoch);
    const stopListening = this.parts.listen(partition);
    this.led.set(partition, { leader, stopListening, served: leader.start() });
  }

  /** Leads no more. @returns when nothing is decided here any longer */
  async yield(partition: number): Promise<void> {
    const led = this.led.get(partition);
    if (!led) return;
    this.led.delete(partition);
    led.stopListening();
    this.parts.beforeYield(partition);
    await led.leader.stop();
  }

  /** Returns when all that are led were served once. */
  async whenServed(): Promise<void> {
    await Promise.all([...this.led.values()].map(({ served }) => served));
  }
}
