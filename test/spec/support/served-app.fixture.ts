import 'reflect-metadata';
import {
  GroundControlModule,
  type GroundControlModuleOptions,
  type WorkerOptions,
} from '@ground-control/nestjs';
import type { LoggerService, ModuleMetadata, Provider } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';

export interface ServeOptions extends Pick<ModuleMetadata, 'imports' | 'controllers'> {
  worker?: Omit<WorkerOptions, 'identity'> | undefined;
  codec?: GroundControlModuleOptions['codec'];
  logger?: LoggerService | undefined;
}

/** An application that a spec serves workflows with. */
export interface ServedApp {
  providers: Provider[];
  options: ServeOptions;
}

/** Where an application finds its namespace. */
export interface Place {
  servers: string;
  namespace: string;
}

const declared: ServedApp[] = [];

/**
 * Declares an application that serves workflows. Called where the module is loaded, not in a test: so that a worker
 * process, which loads the module too, has the same ones in the same order.
 */
export function served(providers: Provider[], options: ServeOptions = {}): ServedApp {
  const app = { providers, options };
  declared.push(app);
  return app;
}

/** The number of a declared application. */
export function numberOf(app: ServedApp): number {
  return declared.indexOf(app);
}

/** @throws Error when the loaded modules have not declared so many */
export function servedApp(number: number): ServedApp {
  const app = declared[number];
  if (app) return app;
  throw new Error(
    `the spec declares ${declared.length} applications at its top level, so no number ${number}`,
  );
}

/** Starts such an application in this process. @returns when its bootstrap is over */
export function bootServed(
  { providers, options }: ServedApp,
  place: Place,
  identity: string,
): Promise<TestingModule> {
  const { worker, codec, imports = [], controllers = [], logger } = options;
  const groundControl = moduleOf(place, { codec, worker: { shutdownTimeout: 0, ...worker, identity } });
  return boot({ imports: [groundControl, ...imports], controllers, providers }, logger);
}

/** The module that connects an application to the server. */
export function moduleOf(
  { servers, namespace }: Place,
  options: GroundControlModuleOptions = {},
): ReturnType<typeof GroundControlModule.forRoot> {
  return GroundControlModule.forRoot({ servers, namespace, ...options });
}

/** Starts an application of a test. */
export async function boot(metadata: ModuleMetadata, logger?: LoggerService): Promise<TestingModule> {
  const builder = Test.createTestingModule(metadata);
  builder.setLogger(logger ?? SILENT);
  const app = await builder.compile();
  await app.init();
  return app;
}

const nothing = (): void => {};
const SILENT: LoggerService = { log: nothing, warn: nothing, error: nothing };
