/*
 * The one place where the simulation enters the libs past their index: what it runs is the production code, down to
 * what the application's modules would build.
 */
export { Coordinator } from '../../libs/orchestration/src/coordinator.js';
export { PartitionLeader } from '../../libs/orchestration/src/partition-leader.js';
export { LogJournal } from '../../libs/journal/src/log-journal.js';
export type { Published, SequencedLog } from '../../libs/journal/src/sequenced-log.js';
export * from '@ground-control/journal';
export { GroupCommit } from '../../libs/orchestration/src/group-commit.js';
export { LeaderTerm } from '../../libs/orchestration/src/leader-term.js';
export { TimerQueue } from '../../libs/orchestration/src/timer-queue.js';
export { WorkerRegistry } from '../../libs/orchestration/src/worker-registry.js';
export { MemoryLog } from '../../libs/journal/src/memory-log.js';
export { FrameSender } from '../../libs/transport/src/frame-sender.js';
export { StepCall } from '../../libs/worker/src/step-call.js';
export { StepRunner } from '../../libs/worker/src/step-runner.js';
