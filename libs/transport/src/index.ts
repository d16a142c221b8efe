export type { Address } from '@ground-control/protocol';
export * from './body.js';
export { FramePeer, type RequestOptions } from './frame-peer.js';
export type { FramePeerOptions } from './peer-options.js';
export type { ResendSchedule } from './resend-schedule.js';
