export * from './checker.js';
export * from './client-log.js';
export { CallRecorder } from './recorder.js';
export { HistoryWalk, type Position } from './history-walk.js';
