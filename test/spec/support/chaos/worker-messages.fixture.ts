import type { KillPlan } from './kill-plan.fixture.js';

/** What a test tells a worker process. */
export type ToWorker =
  | {
      kind: 'boot';
      servers: string;
      namespace: string;
      identity: string;
      app: number;
      plan: KillPlan | undefined;
    }
  | { kind: 'plan'; plan: KillPlan | undefined }
  | { kind: 'close' }
  | { kind: 'gate.opened'; gate: string };

/** What a worker process tells its test. */
export type FromWorker =
  | { kind: 'loaded' }
  | { kind: 'booted' }
  | { kind: 'planned' }
  | { kind: 'gate.pass'; gate: string }
  | { kind: 'gate.open'; gate: string };
