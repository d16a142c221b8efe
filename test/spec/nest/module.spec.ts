import 'reflect-metadata';
import {
  CoordinatorUnavailableError,
  GroundControlClient,
  GroundControlModule,
  InvalidInputError,
} from '@ground-control/nestjs';
import { GroundControlTestServer } from '@ground-control/nestjs/testing';
import { type INestApplicationContext, Injectable, type LoggerService, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

const WAIT = { timeout: 20_000 };

@Injectable()
class OrdersService {
  constructor(readonly groundControl: GroundControlClient) {}
}

// It does not import GroundControlModule.
@Module({ providers: [OrdersService] })
class OrdersModule {}

@Injectable()
class Configuration {
  readonly servers: string = server.servers;
}

@Module({ providers: [Configuration], exports: [Configuration] })
class ConfigurationModule {}

let server: GroundControlTestServer;
let app: INestApplicationContext | undefined;

beforeAll(async () => {
  server = await GroundControlTestServer.start();
});

afterAll(() => server?.stop());

afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function boot(
  groundControl: ReturnType<typeof GroundControlModule.forRoot>,
  logger: LoggerService | false = false,
): Promise<INestApplicationContext> {
  @Module({ imports: [groundControl, OrdersModule] })
  class AppModule {}

  app = await NestFactory.createApplicationContext(AppModule, { logger, abortOnError: false });
  return app;
}

describe('GroundControlModule', () => {
  it('gives every module of the application a client', async () => {
    const { groundControl } = (
      await boot(GroundControlModule.forRoot({ servers: server.servers, worker: false }))
    ).get(OrdersService, { strict: false });
    expect(groundControl).toBeInstanceOf(GroundControlClient);
    await expect(groundControl.list()).resolves.toEqual({ runs: [] });
  });

  it('takes options from a factory with what it injects', async () => {
    const module = GroundControlModule.forRootAsync({
      imports: [ConfigurationModule],
      inject: [Configuration],
      useFactory: ({ servers }: Configuration) => ({ servers, worker: false }),
    });
    const client = (await boot(module)).get(GroundControlClient, { strict: false });
    await expect(client.list()).resolves.toEqual({ runs: [] });
  });

  it('starts no worker when it is told so', async () => {
    const module = GroundControlModule.forRoot({ servers: server.servers, worker: false });
    const client = (await boot(module)).get(GroundControlClient, { strict: false });
    await expect(client.workers()).resolves.toEqual([]);
  });

  it('does not boot with options that are not valid, and names all of them', async () => {
    const module = GroundControlModule.forRoot({ namespace: 'a.b', requestTimeout: -1 });
    const booted = boot(module);
    await expect(booted).rejects.toThrow(InvalidInputError);
    await expect(booted).rejects.toThrow(/GroundControlModule: namespace "a\.b".*requestTimeout: -1/);
  });

  it('does not boot without NATS, and names the servers', async () => {
    const module = GroundControlModule.forRoot({ servers: 'nats://127.0.0.1:1', requestTimeout: 200 });
    const booted = boot(module);
    await expect(booted).rejects.toThrow(CoordinatorUnavailableError);
    await expect(booted).rejects.toThrow('nats://127.0.0.1:1');
  });

  it('lets nobody ask any more after the application has closed', async () => {
    const module = GroundControlModule.forRoot({ servers: server.servers, worker: false });
    const client = (await boot(module)).get(GroundControlClient, { strict: false });
    await app?.close();
    await expect(client.list()).rejects.toThrow(CoordinatorUnavailableError);
  });

  it('tells the logger when the connection is lost and when it is back', async () => {
    const lines: string[] = [];
    const write = (message: unknown): void => void lines.push(String(message));
    const logger = { log: write, warn: write, error: write };
    await boot(GroundControlModule.forRoot({ servers: server.servers, worker: false }), logger);
    const where = `NATS at ${server.servers}, namespace default`;
    expect(lines).toContain(`Connected to ${where}`);
    await server.killNats();
    await vi.waitUntil(() => lines.includes(`Lost the connection to ${where}; trying to reconnect`), WAIT);
    await server.startNats();
    await vi.waitUntil(() => lines.includes(`Connected again to ${where}`), WAIT);
  });
});
