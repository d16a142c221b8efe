export { CoordinatorProcess } from './coordinator-process.js';
export {
  GroundControlTestServer,
  type GroundControlTestServerOptions,
} from './ground-control-test-server.js';
