import { randomUUID } from 'node:crypto';
import type { Operation } from '@ground-control/protocol';
import type { CallHost } from './call-host.js';
import { never, rejection } from './deferred.js';

type ValueOperation = Extract<Operation, { kind: 'now.recorded' | 'random.recorded' | 'uuid.recorded' }>;

type Draw = (op: number, at: number) => ValueOperation;

const now: Draw = (op, at) => ({ kind: 'now.recorded', op, at, value: at });
const random: Draw = (op, at) => ({ kind: 'random.recorded', op, at, value: Math.random() });
const uuid: Draw = (op, at) => ({ kind: 'uuid.recorded', op, at, value: randomUUID() });

/** The time, as it was when this call was made first. */
export async function callNow(host: CallHost): Promise<Date> {
  return new Date(await callValue(host, 'now', now));
}

/** A number in [0, 1), the same on every replay. */
export function callRandom(host: CallHost): Promise<number> {
  return callValue(host, 'random', random) as Promise<number>;
}

/** A random UUID, the same on every replay. */
export function callUuid(host: CallHost): Promise<string> {
  return callValue(host, 'uuid', uuid) as Promise<string>;
}

/** A value is returned at once: no body of a task starts before its record is durable, and that is soon enough. */
function callValue(
  host: CallHost,
  kind: 'now' | 'random' | 'uuid',
  draw: Draw,
): Promise<ValueOperation['value']> {
  if (host.isOver) return never();
  try {
    const op = host.nextOp();
    const recorded = host.ask({ op, kind, name: '', digest: undefined, args: [] });
    const settled = recorded?.settled as ValueOperation | undefined;
    if (recorded && settled) {
      recorded.isDelivered = true;
      return Promise.resolve(settled.value);
    }
    const drawn = draw(op, Date.now());
    host.log.append(drawn);
    return Promise.resolve(drawn.value);
  } catch (error) {
    return rejection(error);
  }
}
