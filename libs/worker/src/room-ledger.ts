import { evenShares, type WorkerShares } from '@ground-control/protocol';

/** How often coordinators are asked to say again that they want more, before they count as content. */
const WANT_LASTS_BEATS = 2;

/**
 * How a worker's room is shared out among the coordinators.
 *
 * 1. What all of them together may give the worker is never more than it can run at once: a share grows only by what
 *    another coordinator has acknowledged to have given back.
 * 2. Without a wish, the shares are even. Those who want more share what the others leave; where there is not enough
 *    for all of them, they get it in turn.
 */
export class RoomLedger {
  private readonly granted = new Map<string, number>();
  private readonly wants = new Map<string, number>();
  private rotation = 0;
  /** Whether there was ever more than one coordinator: who is left then must hear that the room is all its own. */
  private isShared = false;

  constructor(private readonly capacity: number) {}

  /** What each coordinator may use; undefined as long as there was one at most, whose everything is. */
  get shares(): WorkerShares | undefined {
    return this.isShared ? Object.fromEntries(this.granted) : undefined;
  }

  /** Takes notice of who there is. Those that are new get nothing yet, but the first ones, who shared out evenly. */
  know(coordinators: readonly string[]): void {
    if (this.granted.size === 0) {
      for (const [peer, share] of Object.entries(evenShares(this.capacity, coordinators)))
        this.grant(peer, share);
      return;
    }
    for (const peer of this.granted.keys()) if (!coordinators.includes(peer)) this.forget(peer);
    for (const peer of coordinators) if (!this.granted.has(peer)) this.grant(peer, 0);
  }

  /** A coordinator has more steps than its share lets it give. */
  want(peer: string): void {
    if (!this.granted.has(peer)) this.grant(peer, 0);
    this.wants.set(peer, WANT_LASTS_BEATS);
  }

  /** A third of a lease has gone by. */
  beat(): void {
    this.rotation += 1;
    for (const [peer, beats] of this.wants) {
      if (beats > 1) this.wants.set(peer, beats - 1);
      else this.wants.delete(peer);
    }
  }

  /** The coordinators that should have less, and how much. */
  get excess(): [peer: string, share: number][] {
    const wanted = this.wanted();
    return [...this.granted].flatMap(([peer, share]) => {
      const less = wanted[peer] ?? 0;
      return less < share ? [[peer, less] as [string, number]] : [];
    });
  }

  /** The coordinator may use no more than that from now on, or what it holds if that is more. */
  reduced(peer: string, share: number): void {
    if (this.granted.has(peer)) this.granted.set(peer, share);
  }

  /** Raises the shares that should be larger as far as there is room (1). @returns those that were raised */
  raise(): [peer: string, share: number][] {
    const wanted = this.wanted();
    let free = this.capacity - [...this.granted.values()].reduce((sum, share) => sum + share, 0);
    const raised: [string, number][] = [];
    for (const [peer, share] of this.granted) {
      const more = Math.min((wanted[peer] ?? 0) - share, free);
      if (more <= 0) continue;
      free -= more;
      this.granted.set(peer, share + more);
      raised.push([peer, share + more]);
    }
    return raised;
  }

  private wanted(): WorkerShares {
    const peers = [...this.granted.keys()];
    const wanting = peers.filter((peer) => this.wants.has(peer));
    if (wanting.length === 0 || wanting.length === peers.length)
      return evenShares(this.capacity, peers, wanting.length > 0 ? this.rotation : 0);
    const content = peers.filter((peer) => !this.wants.has(peer));
    const reserve = this.capacity >= 2 * peers.length ? 1 : 0;
    const shares = evenShares(this.capacity - reserve * content.length, wanting, this.rotation);
    return { ...shares, ...Object.fromEntries(content.map((peer) => [peer, reserve])) };
  }

  private grant(peer: string, share: number): void {
    this.granted.set(peer, share);
    this.isShared ||= this.granted.size > 1;
  }

  private forget(peer: string): void {
    this.granted.delete(peer);
    this.wants.delete(peer);
  }
}
