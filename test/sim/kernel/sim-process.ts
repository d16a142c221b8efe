/** A process of the simulated system: what it set going ends with it. */
export class SimProcess {
  alive = true;
  paused = false;
  /** How far its wall clock is off, in milliseconds. */
  clockOffset = 0;
  /** What is due while it is stopped. */
  readonly backlog: (() => void)[] = [];
  /** Called once when it dies. */
  onDeath: () => void = () => {};
  private effectsLeft = Infinity;
  /** When the last immediate is due: they keep their order. */
  lastImmediateAt = 0;

  constructor(readonly name: string) {}

  /** It dies at its n-th effect on the world from now: the crash can come between any two of them, at any await. */
  crashAtEffect(number: number): void {
    this.effectsLeft = number;
  }

  /** Asked before each effect on the world. @returns false when the process is dead, and then nothing may happen */
  mayAct(): boolean {
    if (!this.alive) return false;
    this.effectsLeft -= 1;
    if (this.effectsLeft > 0) return true;
    this.kill();
    return false;
  }

  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    this.backlog.length = 0;
    this.onDeath();
  }
}
