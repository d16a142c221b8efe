interface Gate {
  reached: Signal;
  opened: Signal;
}

/** A promise that is resolved from outside. */
class Signal {
  readonly promise: Promise<void>;
  private done: (() => void) | undefined;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.done = resolve;
    });
  }

  resolve(): void {
    this.done?.();
  }
}

/** Who is told that user code is at a gate, or has opened one, where its test is in another process. */
export interface GateTeller {
  pass(gate: string): void;
  open(gate: string): void;
}

/** Places in user code that a test holds up and lets go on, by name. */
export class Gates {
  private readonly gates = new Map<string, Gate>();
  private teller: GateTeller | undefined;

  /**
   * Called in user code: says that it is here, and waits until the test lets it go on.
   *
   * @param signal ends the wait too
   */
  async pass(name: string, signal?: AbortSignal): Promise<void> {
    const gate = this.gate(name);
    gate.reached.resolve();
    this.teller?.pass(name);
    await (signal ? Promise.race([gate.opened.promise, abortOf(signal)]) : gate.opened.promise);
  }

  /** Resolves when user code is at the gate. */
  reached(name: string): Promise<void> {
    return this.gate(name).reached.promise;
  }

  /** Lets who is at the gate, and who comes later, go on. */
  open(name: string): void {
    this.gate(name).opened.resolve();
    this.teller?.open(name);
  }

  /** In a worker process: the test, in its own, is told. */
  tellWith(teller: GateTeller): void {
    this.teller = teller;
  }

  private gate(name: string): Gate {
    const known = this.gates.get(name);
    if (known) return known;
    const gate = { reached: new Signal(), opened: new Signal() };
    this.gates.set(name, gate);
    return gate;
  }
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The gates of this spec: the same for its tests and for its workers, where those are processes of their own. */
export const gates: Gates = new Gates();
