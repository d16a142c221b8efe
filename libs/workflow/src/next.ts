import { type Duration, InvalidWorkflowError, toMilliseconds } from '@ground-control/protocol';
import { type Directive, directiveOf, type FailureInput } from './directive.js';
import { handlersOf } from './handler-metadata.js';

/** A method that carries `@Step`: `this.ship`. */
export type StepHandler<I = never> = (ctx: never, input: I) => unknown;

export interface ReplyOptions {
  /** What the caller of an update gets. */
  reply?: unknown;
}

export interface NextStepOptions extends ReplyOptions {
  /** How long the run waits before the step. @defaultValue 0 */
  delay?: Duration | undefined;
}

export interface WaitOptions extends ReplyOptions {
  /** How long to wait. @defaultValue for ever */
  timeout?: Duration | undefined;
  /** The step that runs when the time is up; without it the run fails. */
  onTimeout?: StepHandler | undefined;
  /** The events that are taken; others lie until they are. @defaultValue all that the workflow handles */
  events?: string[] | undefined;
}

/** Says what a run does after a step. A step returns what one of these gives. */
export interface Next {
  /**
   * Goes on with a step.
   *
   * @throws InvalidWorkflowError when the method is no step of this workflow
   */
  step<I>(handler: StepHandler<I>, input?: NoInfer<I>, options?: NextStepOptions): Directive<never>;
  /** Waits for an event, an update, or the end of a child. */
  wait(options?: WaitOptions): Directive<never>;
  /** Ends the run with a result. */
  complete<R>(result?: R, options?: ReplyOptions): Directive<R>;
  /** Fails the run. It is not tried again, whatever the step's retry policy says. */
  fail(error: Error | FailureInput): Directive<never>;
}

/** What directives of a workflow may name. */
export interface DirectiveTargets {
  className: string;
  steps: ReadonlySet<string>;
  events: ReadonlySet<string>;
}

/** `ctx.next` of a workflow class. It has no state, so that all runs of the class share one. */
export class NextBuilder implements Next {
  constructor(private readonly targets: DirectiveTargets) {}

  step(handler: StepHandler, input?: unknown, options: NextStepOptions = {}): Directive<never> {
    const { delay, reply } = options;
    if (delay !== undefined) toMilliseconds(delay, 'delay');
    return directiveOf({ kind: 'step', step: this.stepName(handler, 'ctx.next.step'), input, delay, reply });
  }

  wait(options: WaitOptions = {}): Directive<never> {
    const { timeout, events, reply } = options;
    if (timeout !== undefined) toMilliseconds(timeout, 'timeout');
    for (const event of events ?? []) this.assertEvent(event);
    const onTimeout = options.onTimeout && this.stepName(options.onTimeout, 'the onTimeout of ctx.next.wait');
    return directiveOf({ kind: 'wait', timeout, onTimeout, events, reply });
  }

  complete<R>(result?: R, options: ReplyOptions = {}): Directive<R> {
    return directiveOf({ kind: 'complete', result, reply: options.reply });
  }

  fail(error: Error | FailureInput): Directive<never> {
    return directiveOf({ kind: 'fail', error });
  }

  /** The name of the step that a method is. @throws InvalidWorkflowError when it is none of this workflow */
  stepName(handler: StepHandler, where: string): string {
    const name = typeof handler === 'function' && stepNameOf(handler);
    if (name && this.targets.steps.has(name)) return name;
    throw new InvalidWorkflowError(
      `${this.targets.className}: ${where} got ${describe(handler)}, which is no step of this workflow. ` +
        'Put @Step() on the method and pass the method itself, as in ctx.next.step(this.ship).',
    );
  }

  private assertEvent(event: string): void {
    if (this.targets.events.has(event)) return;
    throw new InvalidWorkflowError(
      `${this.targets.className}: ctx.next.wait names the event ${JSON.stringify(event)}, which nothing handles. ` +
        'Put @OnEvent on a method for it.',
    );
  }
}

function stepNameOf(handler: object): string | undefined {
  return handlersOf(handler).find((metadata) => metadata.kind === 'step')?.name;
}

function describe(handler: unknown): string {
  if (typeof handler === 'function') return `the function ${handler.name || '(without a name)'}`;
  return handler === null ? 'null' : typeof handler;
}
