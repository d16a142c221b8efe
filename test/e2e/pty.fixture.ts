import { fileURLToPath } from 'node:url';
import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { vi } from 'vitest';

const GCTL = fileURLToPath(new URL('../../dist/apps/cli/src/main.js', import.meta.url));

/** How long a test waits for something to be on the screen. */
const PATIENCE = { timeout: 20_000, interval: 20 };

export interface PtyOptions {
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
}

/** What the keys send that have no character. */
export const KEYS = {
  enter: '\r',
  escape: '\u001b',
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  pageDown: '\u001b[6~',
  pageUp: '\u001b[5~',
  tab: '\t',
  backspace: '\u007f',
  ctrlC: '\u0003',
  ctrlD: '\u0004',
} as const;

/** A program in a pseudo-terminal, and the screen that a person would see. */
export class Pty {
  /** Resolves with the exit code, or the number of the signal plus 128 as shells have it. */
  readonly exited: Promise<number>;
  private readonly terminal: InstanceType<typeof xterm.Terminal>;
  private readonly process: IPty;

  constructor(file: string, args: readonly string[], options: PtyOptions = {}) {
    const { columns = 80, rows = 24, env = {} } = options;
    const size = { cols: columns, rows };
    this.terminal = new xterm.Terminal({ ...size, allowProposedApi: true });
    // Neither is for what a person's terminal is like.
    const { NO_COLOR: _no, FORCE_COLOR: _force, CI: _ci, ...rest } = process.env;
    this.process = spawn(file, [...args], { ...size, name: 'xterm-256color', env: { ...rest, ...env } });
    this.process.onData((data) => this.terminal.write(data));
    this.terminal.onData((data) => this.process.write(data));
    this.exited = new Promise((resolve) => {
      this.process.onExit(({ exitCode, signal }) =>
        this.terminal.write('', () => resolve(signal ? 128 + signal : exitCode)),
      );
    });
  }

  /** `gctl`, as it was built. */
  static gctl(args: readonly string[], options?: PtyOptions): Pty {
    return new Pty(process.execPath, ['--enable-source-maps', GCTL, ...args], options);
  }

  /** The lines of the screen, without the blanks at their ends. */
  get lines(): string[] {
    const { active } = this.terminal.buffer;
    return Array.from({ length: this.terminal.rows }, (_, row) => {
      const line = active.getLine(active.viewportY + row);
      return line?.translateToString(true) ?? '';
    });
  }

  get screen(): string {
    return this.lines.join('\n');
  }

  /** The emulated terminal, for what is not text: colours, the cursor. */
  get buffer(): InstanceType<typeof xterm.Terminal>['buffer']['active'] {
    return this.terminal.buffer.active;
  }

  /** Whether any character on the screen has a colour of its own. */
  get isColoured(): boolean {
    return this.lines.some((line, row) =>
      Array.from(line).some((_, column) => {
        const cell = this.buffer.getLine(this.buffer.viewportY + row)?.getCell(column);
        return cell !== undefined && !cell.isFgDefault();
      }),
    );
  }

  /** Waits until the screen shows it. @throws Error with the screen when it does not in time */
  async shows(what: string | RegExp): Promise<void> {
    await this.until(
      (screen) => (typeof what === 'string' ? screen.includes(what) : what.test(screen)),
      what,
    );
  }

  /** Waits until the screen does not show it. */
  async hides(what: string): Promise<void> {
    await this.until((screen) => !screen.includes(what), `no ${what}`);
  }

  type(keys: string): void {
    this.process.write(keys);
  }

  resize(columns: number, rows: number): void {
    this.terminal.resize(columns, rows);
    this.process.resize(columns, rows);
  }

  /** Ends the program, if it still runs. */
  async kill(): Promise<void> {
    try {
      this.process.kill('SIGKILL');
    } catch {
      // It has ended already.
    }
    await this.exited;
    this.terminal.dispose();
  }

  private async until(holds: (screen: string) => boolean, what: string | RegExp): Promise<void> {
    try {
      await vi.waitUntil(() => holds(this.screen), PATIENCE);
    } catch {
      throw new Error(`The screen does not show ${String(what)}:\n${this.screen}`);
    }
  }
}
