import { InvalidWorkflowError } from '@ground-control/protocol';
import { asError } from './failures.js';

/** Collects what is wrong with an application's workflows, so that all of it is told at once. */
export class WorkflowFaults {
  private readonly faults: string[] = [];

  /** @param where class and method */
  add(where: string, faultAndCure: string): void {
    this.faults.push(`${where}: ${faultAndCure}`);
  }

  /** The value, or undefined when making it is a fault. */
  try<T>(where: string, make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      this.add(where, asError(error).message);
      return undefined;
    }
  }

  /** @throws InvalidWorkflowError that lists every fault */
  assertNone(): void {
    if (this.faults.length === 0) return;
    throw new InvalidWorkflowError(this.faults.join('\n'), { details: this.faults });
  }
}
