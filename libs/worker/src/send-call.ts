import { assertName, type Encoded, InvalidInputError, type RunRef } from '@ground-control/protocol';
import type { CallHost } from './call-host.js';
import { callId } from './call-ids.js';
import { never, rejection } from './deferred.js';
import { digestOf } from './digest.js';
import { asError } from './failures.js';
import type { RecordedCall } from './recorded-calls.js';
import { StepCall } from './step-call.js';

interface Parcel {
  to: RunRef;
  toParent: boolean;
  event: string;
  payload: Encoded | undefined;
  digest: Encoded;
}

/** Sends an event to the active run of a workflow id. */
export function callSend(host: CallHost, workflowId: string, event: string, payload: unknown): Promise<void> {
  return callSendTo(host, { workflowId }, false, event, payload);
}

/** Sends an event to the run that started this one. */
export function callSendToParent(host: CallHost, event: string, payload: unknown): Promise<void> {
  const { parent, workflowId } = host.runInfo;
  if (parent) return callSendTo(host, parent, true, event, payload);
  return rejection(
    new InvalidInputError(`Workflow ${workflowId} was not started by another: it has no parent.`),
  );
}

function callSendTo(
  host: CallHost,
  to: RunRef,
  toParent: boolean,
  event: string,
  payload: unknown,
): Promise<void> {
  if (host.isOver) return never();
  try {
    const op = host.nextOp();
    assertName(to.workflowId, 'The workflow id');
    assertName(event, 'The event');
    const plain = host.values.encodePlain(payload, `payload of event ${event}`);
    const digest = digestOf(plain);
    const name = `${event} to ${to.workflowId}`;
    const recorded = host.ask({ op, kind: 'event', name, digest, args: [payload] });
    const call = new SendCall(host, op);
    const sealed = payload === undefined ? undefined : host.values.seal(plain);
    if (recorded?.settled) call.return(recorded);
    else void call.send({ to, toParent, event, payload: sealed, digest: host.values.seal(digest) });
    return call.promise;
  } catch (error) {
    return rejection(error);
  }
}

/** The event is sent first and recorded then; its id makes it one event however often it is sent. */
class SendCall extends StepCall<void> {
  override get effect(): Promise<unknown> {
    return this.promise;
  }

  return(recorded: RecordedCall): void {
    const { settled } = recorded;
    this.replay(recorded, () => {
      if (settled?.kind === 'event.refused') throw this.host.failures.decode(settled.error);
    });
  }

  async send(parcel: Parcel): Promise<void> {
    const { log, replay, runs } = this.host;
    await replay?.order.whenLive();
    try {
      // What the receiver sees must not change: as for the body of a task, all before it is durable.
      if (!log.isDurable) await log.whenDurable();
      const { to, event, payload } = parcel;
      const eventId = callId(this.host, this.op);
      await runs.send({ workflowId: to.workflowId, runId: to.runId, eventId, event, payload });
      this.recordSent(parcel);
    } catch (error) {
      this.recordRefused(parcel, asError(error));
    }
  }

  protected stop(): void {
    // Nothing is under way that could be stopped: the event is sent until it is answered.
  }

  private recordSent({ to, toParent, event, payload, digest }: Parcel): void {
    const { op } = this;
    const at = Date.now();
    this.record(
      { kind: 'event.sent', op, at, to: to.workflowId, event, payload, digest, toParent },
      () => undefined,
    );
  }

  private recordRefused({ to, event, digest }: Parcel, refusal: Error): void {
    const error = this.host.failures.encode(refusal);
    this.record(
      { kind: 'event.refused', op: this.op, at: Date.now(), to: to.workflowId, event, digest, error },
      () => {
        throw refusal;
      },
    );
  }
}
