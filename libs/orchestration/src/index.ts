export { type CoordinatorHealth, CoordinatorHost } from './coordinator.host.js';
export {
  CoordinatorModule,
  type CoordinatorModuleOptions,
  coordinatorStrategy,
} from './coordinator.module.js';
export type { CoordinatorOptions } from './coordinator-options.js';
