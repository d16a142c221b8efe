export {
  type LocatedNatsServer,
  type LocateOptions,
  locateNatsServer,
  RELEASES_VARIABLE,
} from './locate.js';
export { type Attempt, EXECUTABLE_VARIABLE, NatsServerUnavailableError } from './unavailable.error.js';
export { MINIMUM_NATS_SERVER_VERSION } from './version.js';
