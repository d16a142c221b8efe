// The entry for who needs a connection and no Nest application: loading Nest takes longer than most commands run.
export { connectionFromEnvironment } from './connection-environment.js';
export { FramePeer } from './frame-peer.js';
export type { FramePeerOptions } from './peer-options.js';
