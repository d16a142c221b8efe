import {
  CoordinatorUnavailableError,
  GroundControlError,
  ResultTimeoutError,
} from '@ground-control/protocol';
import type { Asked, LogLine, Told } from './client-log.js';

/** Errors that say nothing about whether a call had its effect. */
const UNKNOWN: ReadonlySet<string> = new Set([CoordinatorUnavailableError.code, ResultTimeoutError.code]);

/** Makes calls, and writes down what was asked before and what was told after. */
export class CallRecorder {
  private calls = 0;

  /**
   * @param name a name of its own among all that write the same log
   * @param write takes a line; what is asked is written before it is asked
   */
  constructor(
    private readonly name: string,
    private readonly write: (line: LogLine) => void,
  ) {}

  /** @returns what the call gave, or undefined when it was refused or its fate is unknown */
  async call<Result>(
    asked: Asked,
    work: () => Promise<Result>,
    valueOf: (result: Result) => unknown = (result) => result,
  ): Promise<Result | undefined> {
    this.calls += 1;
    const call = `${this.name}/${this.calls}`;
    this.write({ type: 'asked', call, asked });
    try {
      const result = await work();
      this.write({ type: 'told', call, told: { kind: 'done', value: valueOf(result) } });
      return result;
    } catch (error) {
      this.write({ type: 'told', call, told: toldOf(error) });
      return undefined;
    }
  }
}

function toldOf(error: unknown): Told {
  if (!(error instanceof GroundControlError)) throw error;
  const { code } = error;
  return UNKNOWN.has(code) ? { kind: 'unknown', code } : { kind: 'refused', code };
}
