// Where the built package is. Everything of Ground Control's that is measured is what its users get.
export {
  type Context,
  type Directive,
  GroundControlClient,
  GroundControlModule,
  OnEvent,
  Start,
  Step,
  Task,
  Workflow,
} from '../../dist/libs/nestjs/src/index.js';
export {
  EmbeddedNatsCluster,
  EmbeddedNatsServer,
  locateNatsServer,
  type LocatedNatsServer,
} from '../../dist/libs/nats-server/src/index.js';
