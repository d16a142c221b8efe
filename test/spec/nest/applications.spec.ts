import 'reflect-metadata';
import {
  type Context,
  type Directive,
  GroundControlClient,
  GroundControlModule,
  Start,
  Task,
  Workflow,
} from '@ground-control/nestjs';
import { GroundControlTestServer } from '@ground-control/nestjs/testing';
import {
  Body,
  Controller,
  Get,
  type INestApplication,
  Injectable,
  Module,
  Param,
  Post,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

@Injectable()
class PaymentGateway {
  async charge(amount: number): Promise<string> {
    throw new Error(`the real gateway is not to be reached (${amount})`);
  }
}

@Injectable()
class PaymentTasks {
  constructor(private readonly gateway: PaymentGateway) {}

  @Task()
  async charge(amount: number): Promise<string> {
    return this.gateway.charge(amount);
  }
}

@Module({ providers: [PaymentGateway, PaymentTasks], exports: [PaymentTasks] })
class PaymentsModule {}

@Workflow('Apps.Order')
class OrderWorkflow {
  constructor(private readonly payments: PaymentTasks) {}

  @Start()
  async start(ctx: Context, amount: number): Promise<Directive<string>> {
    return ctx.next.complete(await this.payments.charge(amount));
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly groundControl: GroundControlClient) {}

  @Post()
  async place(@Body() { id, amount }: { id: string; amount: number }): Promise<{ id: string }> {
    const { workflowId } = await this.groundControl.start(OrderWorkflow, { id, input: amount });
    return { id: workflowId };
  }

  @Get(':id')
  async result(@Param('id') id: string): Promise<{ paymentId: unknown }> {
    return { paymentId: await this.groundControl.handle(id).result() };
  }
}

@Module({ imports: [PaymentsModule], controllers: [OrdersController], providers: [OrderWorkflow] })
class OrdersModule {}

@Workflow('Apps.Refund')
class RefundWorkflow {
  @Start()
  async start(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete('refunded');
  }
}

@Workflow('Apps.Made')
class MadeWorkflow {
  constructor(private readonly greeting: string) {}

  @Start()
  async start(ctx: Context): Promise<Directive<string>> {
    return ctx.next.complete(this.greeting);
  }
}

@Module({
  providers: [RefundWorkflow, { provide: 'MADE', useFactory: () => new MadeWorkflow('made by a factory') }],
})
class RefundsModule {}

@Module({ providers: [{ provide: 'URL', useFactory: () => server.servers }], exports: ['URL'] })
class ConfigModule {}

const FAKE_GATEWAY = { charge: async (amount: number): Promise<string> => `paid ${amount}` };

let server: GroundControlTestServer;
const apps: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await GroundControlTestServer.start();
});

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

afterAll(() => server?.stop());

function connected(worker?: false): ReturnType<typeof GroundControlModule.forRoot> {
  return GroundControlModule.forRoot({ servers: server.servers, worker });
}

function closing<T extends { close(): Promise<void> }>(app: T): T {
  apps.push(app);
  return app;
}

async function serving(client: GroundControlClient, type: string): Promise<void> {
  const isServed = async (): Promise<boolean> =>
    (await client.workers()).some(({ types }) => types.includes(type));
  await vi.waitUntil(isServed, { timeout: 20_000 });
}

async function testingModule(
  groundControl: ReturnType<typeof GroundControlModule.forRoot>,
  ...modules: NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']>
): Promise<TestingModule> {
  const app = await Test.createTestingModule({ imports: [groundControl, ...modules] })
    .overrideProvider(PaymentGateway)
    .useValue(FAKE_GATEWAY)
    .compile();
  app.useLogger(false);
  return closing(await app.init());
}

describe('an application', () => {
  it('serves the workflows of all its modules, however their providers are made', async () => {
    const client = (await testingModule(connected(), OrdersModule, RefundsModule)).get(GroundControlClient);
    await serving(client, 'Apps.Made');
    const [worker] = await client.workers();
    expect(worker?.types.toSorted()).toEqual(['Apps.Made', 'Apps.Order', 'Apps.Refund']);
    await expect(client.run(RefundWorkflow)).resolves.toBe('refunded');
    await expect(client.run('Apps.Made')).resolves.toBe('made by a factory');
  });

  it('under test runs its workflows with the providers that the test puts in place of others', async () => {
    const client = (await testingModule(connected(), OrdersModule)).get(GroundControlClient);
    await serving(client, 'Apps.Order');
    await expect(client.run(OrderWorkflow, { input: 12 })).resolves.toBe('paid 12');
  });

  it('takes its options from a factory, and serves all the same', async () => {
    const module = GroundControlModule.forRootAsync({
      imports: [ConfigModule],
      inject: ['URL'],
      useFactory: async (servers: string) => ({ servers, worker: { identity: 'made by a factory' } }),
    });
    const client = (await testingModule(module, OrdersModule)).get(GroundControlClient);
    await serving(client, 'Apps.Order');
    await expect(client.workers()).resolves.toMatchObject([{ identity: 'made by a factory' }]);
    await expect(client.run(OrderWorkflow, { input: 3 })).resolves.toBe('paid 3');
  });

  it('answers HTTP and serves workflows at once', async () => {
    @Module({ imports: [connected(), OrdersModule] })
    class AppModule {}
    const testing = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(PaymentGateway)
      .useValue(FAKE_GATEWAY)
      .compile();
    const app: INestApplication = closing(testing.createNestApplication({ logger: false }));
    await app.listen(0, '127.0.0.1');
    await serving(app.get(GroundControlClient), 'Apps.Order');
    const url = await app.getUrl();
    const placed = await fetch(`${url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'over-http', amount: 5 }),
    });
    await expect(placed.json()).resolves.toEqual({ id: 'over-http' });
    const found = await fetch(`${url}/orders/over-http`);
    await expect(found.json()).resolves.toEqual({ paymentId: 'paid 5' });
  });

  it('that has no worker starts what another one runs', async () => {
    await testingModule(connected(), OrdersModule);
    const client = (await testingModule(connected(false), OrdersModule)).get(GroundControlClient);
    await serving(client, 'Apps.Order');
    await expect(client.workers()).resolves.toHaveLength(1);
    await expect(client.run(OrderWorkflow, { input: 8 })).resolves.toBe('paid 8');
  });

  it('that has a misused workflow does not boot', async () => {
    @Workflow('Apps.Refund')
    class AnotherRefundWorkflow {
      @Start()
      async start(ctx: Context): Promise<Directive> {
        return ctx.next.complete();
      }
    }
    @Module({ imports: [connected(), RefundsModule], providers: [AnotherRefundWorkflow] })
    class AppModule {}
    const booted = NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    await expect(booted).rejects.toThrow(
      /AnotherRefundWorkflow: it has the type "Apps\.Refund", as RefundWorkflow has|RefundWorkflow: it has the type "Apps\.Refund", as AnotherRefundWorkflow has/,
    );
  });
});
