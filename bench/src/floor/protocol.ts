// The parts of the build that the floor is made of: frames, and the encoding of what they and the journal hold.
export { encodeMessage, partitionOf, ValueCodec } from '../../../dist/libs/protocol/src/index.js';
export type {
  Accepted,
  Assignment,
  AwaitResult,
  RecordOperations,
  RegisterWorker,
  ReportStep,
  RunEnded,
  RunStarted,
  StartWorkflow,
} from '../../../dist/libs/protocol/src/index.js';
export { FramePeer } from '../../../dist/libs/transport/src/index.js';
