import {
  type Context,
  type Directive,
  GroundControlClient,
  GroundControlModule,
  Start,
  Workflow,
} from '@ground-control/nestjs';
import { GroundControlTestServer } from '@ground-control/nestjs/testing';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

@Workflow('Booted')
class BootedWorkflow {
  @Start()
  async start(ctx: Context, input: number): Promise<Directive<number>> {
    return ctx.next.complete(input + 1);
  }
}

let server: GroundControlTestServer;

beforeAll(async () => {
  server = await GroundControlTestServer.start();
});
afterAll(() => server.stop());

describe('an application that boots', () => {
  it('can start what it serves as soon as it has booted', async () => {
    const { servers, namespace } = server;
    const app = await Test.createTestingModule({
      imports: [GroundControlModule.forRoot({ servers, namespace })],
      providers: [BootedWorkflow],
    }).compile();
    app.useLogger(false);
    await app.init();
    await expect(app.get(GroundControlClient).run(BootedWorkflow, { input: 1 })).resolves.toBe(2);
    await app.close();
  });
});
