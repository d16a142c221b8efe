import type { Member } from './table-view.js';

interface Heard {
  revision: number;
  at: number;
}

/** How long the members have not renewed their sessions, by the clock of who watches them. */
export class Silence {
  private readonly heard = new Map<string, Heard>();

  constructor(private readonly now: () => number) {}

  /** Takes notice of what the table says now. A member is heard when its entry has changed. */
  observe(members: readonly Member[]): void {
    const present = new Set(members.map(({ id }) => id));
    for (const id of this.heard.keys()) if (!present.has(id)) this.heard.delete(id);
    for (const { id, revision } of members) {
      if ((this.heard.get(id)?.revision ?? 0) < revision) this.heard.set(id, { revision, at: this.now() });
    }
  }

  /** Begins anew with all: while the watcher itself was out of reach, the silence may have been its own. */
  forget(): void {
    this.heard.clear();
  }

  /** The members whose entry has not changed for so long. */
  longerThan(limitMs: number, members: readonly Member[]): Member[] {
    return members.filter((member) => {
      const heard = this.heard.get(member.id);
      return heard?.revision === member.revision && this.now() - heard.at > limitMs;
    });
  }
}
