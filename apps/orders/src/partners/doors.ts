import { Injectable } from '@nestjs/common';

/** A door that may be shut: whoever comes waits before it until it is opened. */
class Door {
  readonly #waiting = new Map<string, () => void>();
  #shut = false;

  get waiting(): string[] {
    return [...this.#waiting.keys()];
  }

  shut(): void {
    this.#shut = true;
  }

  open(): void {
    this.#shut = false;
    for (const pass of this.#waiting.values()) pass();
    this.#waiting.clear();
  }

  async pass(orderId: string): Promise<void> {
    if (!this.#shut) return;
    // Who comes again for the same order waits for both.
    const before = this.#waiting.get(orderId);
    await new Promise<void>((resolve) => {
      this.#waiting.set(orderId, () => {
        before?.();
        resolve();
      });
    });
  }
}

export const DOORS = ['warehouse', 'carrier'] as const;
export type DoorName = (typeof DOORS)[number];

/** Holds up orders at a partner for as long as somebody wants to see them there. */
@Injectable()
export class Doors {
  readonly #doors: Record<DoorName, Door> = { warehouse: new Door(), carrier: new Door() };

  at(name: DoorName): Door {
    return this.#doors[name];
  }
}
