import { ClosedLoop, type Sample } from './closed-loop.js';
import type { ClientAnswer, ClientCommand } from './client-messages.js';
import type { Connect, Driver } from './driver.js';

// The client of every engine: the load comes from here, the engine's driver only carries out one run.

let driver: Driver | undefined;
let loop: ClosedLoop | undefined;

async function obey(command: ClientCommand): Promise<Sample | undefined> {
  switch (command.kind) {
    case 'connect': {
      const module = (await import(command.driver)) as { connect: Connect };
      driver = await module.connect(command.settings);
      return undefined;
    }
    case 'start':
      startLoop(command);
      return undefined;
    case 'begin':
      currentLoop().begin();
      return undefined;
    case 'sample':
      return currentLoop().sample();
    case 'finish':
      await currentLoop().finished();
      return currentLoop().sample();
    case 'stop':
      await currentLoop().stop();
      return undefined;
  }
}

function startLoop({ run, inFlight, size, limit }: ClientCommand & { kind: 'start' }): void {
  const connected = driver;
  if (!connected) throw new Error('The client is not connected.');
  loop = new ClosedLoop(inFlight, (id) => connected.run(run, `${run}-${id}`, size), limit);
}

function currentLoop(): ClosedLoop {
  if (!loop) throw new Error('Nothing runs.');
  return loop;
}

async function answer(command: ClientCommand): Promise<ClientAnswer> {
  try {
    const sample = await obey(command);
    const failure = loop?.failure;
    return failure === undefined ? { kind: 'done', sample } : { kind: 'failed', error: failure };
  } catch (error) {
    return { kind: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', (command: ClientCommand) => {
  void answer(command).then((reply) => process.send?.(reply));
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => {
  const closed = driver?.close() ?? Promise.resolve();
  void closed.catch(() => {}).finally(() => process.exit(0));
});
process.send?.({ kind: 'ready' });
