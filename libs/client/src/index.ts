export type {
  ActiveRunsInfo,
  ClusterInfo,
  ClusterOptions,
  CoordinatorInfo,
  PartitionInfo,
} from './cluster-info.js';
export * from './coordinator-link.js';
export { type ExportedEvent, importEvents } from './exported-history.js';
export { failureError, failureInfo, type RecordedError } from './failure-error.js';
export * from './ground-control.client.js';
export { newId } from './identifiers.js';
export * from './list-runs.js';
export type { WorkerInfo, WorkflowTypeInfo } from './namespace-info.js';
export * from './request-port.js';
export { decodeRunInfo } from './run-info.js';
export { resultOf } from './run-outcome.js';
export type { StartOptions } from './start-options.js';
export * from './workflow-handle.js';
// The connection that a client works on: who makes one needs no other import.
export { connectionFromEnvironment, FramePeer, type FramePeerOptions } from '@ground-control/transport/peer';
export type {
  ResultOptions,
  SendOptions,
  StartedWorkflow,
  UpdateOptions,
  WorkflowHandle,
} from '@ground-control/workflow';
