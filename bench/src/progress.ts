/** Says on standard error what happens: standard output is for results. */
export class Progress {
  readonly #startedAt = performance.now();
  #done = 0;

  constructor(private total: number) {}

  say(line: string): void {
    process.stderr.write(`${this.#clock()} ${line}\n`);
  }

  /** Another turn begins. */
  turn(line: string): void {
    this.#done += 1;
    this.say(`[${this.#done}/${this.total}] ${line}`);
  }

  expect(total: number): void {
    this.total = total;
  }

  #clock(): string {
    const seconds = Math.floor((performance.now() - this.#startedAt) / 1000);
    return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}`;
  }
}
