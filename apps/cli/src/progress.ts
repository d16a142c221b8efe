import type { Writable } from 'node:stream';

/** How long something takes before it is shown that it goes on, in milliseconds. */
export const SHOWN_AFTER_MS = 500;
const FRAME_MS = 100;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const CLEAR_LINE = '\r\u001b[K';

/** A line on a terminal that moves while something takes longer than half a second, and leaves nothing behind. */
export class Progress {
  private timer: NodeJS.Timeout | undefined;
  private frame = 0;
  private text = '';

  /** @param stream a terminal; anything else stays untouched */
  constructor(private readonly stream: Writable) {}

  /** Says what goes on; shown when it still does half a second after the first call. */
  say(text: string): void {
    this.text = text;
    if (!(this.stream as Partial<NodeJS.WriteStream>).isTTY) return;
    this.timer ??= setTimeout(() => this.draw(), SHOWN_AFTER_MS).unref();
  }

  /** Ends it and clears the line. */
  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.hide();
  }

  /** Clears the line for something else to be written; it comes back by itself. */
  hide(): void {
    if (this.frame > 0) this.stream.write(CLEAR_LINE);
    this.frame = 0;
  }

  private draw(): void {
    const columns = (this.stream as Partial<NodeJS.WriteStream>).columns ?? 80;
    const frame = FRAMES[this.frame % FRAMES.length] ?? '';
    this.frame += 1;
    this.stream.write(`${CLEAR_LINE}${frame} ${this.text}`.slice(0, columns + CLEAR_LINE.length - 1));
    this.timer = setTimeout(() => this.draw(), FRAME_MS).unref();
  }
}
