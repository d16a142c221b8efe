export {
  GroundControlTestServer,
  type GroundControlTestServerOptions,
} from './ground-control-test-server.js';
