import { until } from '../stack/until.js';

/** Tells what happens, and what was seen of it. */
export class Narrator {
  #checks = 0;

  constructor(
    private readonly write: (line: string) => void,
    private readonly signal: AbortSignal,
  ) {}

  get checks(): number {
    return this.#checks;
  }

  chapter(title: string): void {
    this.write(`\n${title}\n${'─'.repeat(title.length)}`);
  }

  say(line: string): void {
    this.write(`  ${line}`);
  }

  /**
   * Waits until something is seen, says so, and returns it.
   *
   * @throws Error that names it when it is not seen in time
   */
  async see<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<Exclude<T, false>>> {
    const seen = await until(what, look, { signal: this.signal });
    this.#told(what);
    return seen;
  }

  /** @throws Error that says what was not seen */
  check(what: string, holds: boolean, found?: unknown): void {
    if (!holds) throw new Error(`Not so: ${what}${found === undefined ? '' : ` (${JSON.stringify(found)})`}`);
    this.#told(what);
  }

  #told(what: string): void {
    this.#checks++;
    this.write(`  ✓ ${what}`);
  }
}
