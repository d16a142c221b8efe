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

/** Places in user code that a test holds up and lets go on, by name. */
export class Gates {
  private readonly gates = new Map<string, Gate>();

  /** Called in user code: says that it is here, and waits until the test lets it go on. */
  async pass(name: string): Promise<void> {
    const gate = this.gate(name);
    gate.reached.resolve();
    await gate.opened.promise;
  }

  /** Resolves when user code is at the gate. */
  reached(name: string): Promise<void> {
    return this.gate(name).reached.promise;
  }

  /** Lets who is at the gate, and who comes later, go on. */
  open(name: string): void {
    this.gate(name).opened.resolve();
  }

  private gate(name: string): Gate {
    const known = this.gates.get(name);
    if (known) return known;
    const gate = { reached: new Signal(), opened: new Signal() };
    this.gates.set(name, gate);
    return gate;
  }
}
