import { FramePeer } from '@ground-control/client';
import {
  type Address,
  decodeFrame,
  type Frame,
  MalformedMessageError,
  subjectOf,
} from '@ground-control/protocol';
import type { TestingModule } from '@nestjs/testing';
import { KILLS_FILE, type Kill, type KillPlan, type Point, POINTS_FILE } from './kill-plan.fixture.js';
import { appendEntry } from './lines.fixture.js';

/** What comes and goes with time, and not because of what a test does. */
const IDLE_TALK: ReadonlySet<string> = new Set([
  'worker.register',
  'worker.heartbeat',
  'worker.leave',
  'worker.welcome',
  'worker.unknown',
]);

/** Where this process, a worker, may be killed: it counts, and kills itself as the kernel would where it is told to. */
class KillPoints {
  private plan: KillPlan | undefined;
  private reached = 0;

  constructor(private readonly worker: string) {}

  /** Counts from now, for this test; or no more. */
  follow(plan: KillPlan | undefined): void {
    this.plan = plan;
    this.reached = 0;
  }

  /** This process is at a point. */
  at(what: string): void {
    if (!this.plan) return;
    const { test, killAt } = this.plan;
    const point: Point = { test, worker: this.worker, what };
    this.reached++;
    if (killAt === undefined) return appendEntry(POINTS_FILE, point);
    if (this.reached < Math.max(1, killAt)) return;
    const kill: Kill = { ...point, number: this.reached };
    appendEntry(KILLS_FILE, kill);
    process.kill(process.pid, 'SIGKILL');
  }
}

/** The points of this process, once it is a worker. */
export const killPoints: { current: KillPoints | undefined } = { current: undefined };

/** Makes points of what the application's worker sends and receives: before and after the one, after the other. */
export function watchTraffic(app: TestingModule, worker: string): KillPoints {
  const points = new KillPoints(worker);
  killPoints.current = points;
  const peer = app.get(FramePeer, { strict: false });
  watchSent(peer, points);
  watchReceived(peer, points);
  return points;
}

function watchSent({ connection }: FramePeer, points: KillPoints): void {
  const publish = connection.publish.bind(connection);
  connection.publish = (subject, payload, options) => {
    const kinds = payload instanceof Uint8Array ? kindsIn(frameOf(payload)) : [];
    for (const kind of kinds) points.at(`before sending ${kind}`);
    publish(subject, payload, options);
    if (kinds.length > 0)
      void connection.flush().then(
        () => kinds.forEach((kind) => points.at(`after sending ${kind}`)),
        () => undefined, // The connection was lost: nothing was sent.
      );
  };
}

function watchReceived({ connection, namespace, id }: FramePeer, points: KillPoints): void {
  const inbox: Address = { kind: 'peer', peer: id };
  connection.subscribe(subjectOf(namespace, inbox), {
    callback: (error, message) => {
      if (error) return;
      for (const kind of kindsIn(requestsOf(frameOf(message.data)))) points.at(`after receiving ${kind}`);
    },
  });
}

const NO_FRAME: Frame = { from: '', messages: [] };

/**
 * The frame in a message, without messages where it is none: NATS says so when nobody listens, as of a coordinator that
 * was killed, and tests send garbage. An error in a subscription's callback would end the worker's connection.
 */
function frameOf(body: Uint8Array): Frame {
  try {
    return decodeFrame(body);
  } catch (error) {
    if (error instanceof MalformedMessageError) return NO_FRAME;
    throw error;
  }
}

/** Replies are not counted: the last of them may come when its test is over. */
function requestsOf(frame: Frame): Frame {
  return { ...frame, messages: frame.messages.filter(([correlation]) => correlation >= 0) };
}

function kindsIn({ messages }: Frame): string[] {
  return messages.map(([, { kind }]) => kind).filter((kind) => !IDLE_TALK.has(kind));
}

export type { KillPoints };
