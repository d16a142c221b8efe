import { Command, Option } from 'commander';

import type { CliContext } from '../cli-context.js';
import { DevStack } from '../dev-stack.js';
import { addExamples } from '../examples.js';
import { port } from '../parsers.js';
import type { GlobalOptions } from '../session.js';
import { fields } from '../table.js';
import { untilInterrupted } from '../until-interrupted.js';
import { refuseToEnd } from './coordinator.command.js';
import { addCoordinatorOptions, coordinatorEnv, type CoordinatorOptions } from './coordinator-options.js';

interface DevOptions extends GlobalOptions, CoordinatorOptions {
  dataDir: string;
  port: number;
  inMemory?: true;
  cluster?: true;
}

const DEFAULT_PORT = 4222;

/** `gctl dev` */
export function devCommand({ terminal }: CliContext): Command {
  const command = new Command('dev')
    .description('run a NATS server and a coordinator for development; installs nats-server if need be')
    .option('--data-dir <path>', 'where the data are kept', '.ground-control')
    .option('--port <port>', 'of the NATS server; 0 picks a free one', port, DEFAULT_PORT)
    .addOption(new Option('--in-memory', 'keep nothing: all is gone when it ends').conflicts('dataDir'))
    .option('--cluster', 'three NATS servers with copies of all data, on this port and the two after it');
  addCoordinatorOptions(command);
  addExamples(
    command,
    'gctl dev',
    'gctl dev --port 0 --in-memory',
    'gctl dev --cluster --data-dir ./cluster',
  );
  return command.action(async () => {
    const options = command.optsWithGlobals<DevOptions>();
    const interrupted = untilInterrupted();
    const stack = await DevStack.start({
      dataDirectory: options.dataDir,
      port: options.port,
      inMemory: options.inMemory ?? false,
      cluster: options.cluster ?? false,
      envOf: (servers) => coordinatorEnv(servers, options),
      onProgress: (line) => terminal.note(line),
      onBusy: (text) => terminal.busy(text),
      interrupted,
    });
    terminal.busy(undefined);
    const { url: servers, folder: dataDirectory } = stack;
    const { namespace } = options;
    terminal.show({ servers, namespace, dataDirectory }, guide(stack, options));
    try {
      await Promise.race([interrupted, stack.coordinatorExited.then(refuseToEnd)]);
    } finally {
      terminal.busy('stopping');
      await stack.stop();
      terminal.busy(undefined);
    }
  });
}

function guide({ url, folder }: DevStack, { namespace, inMemory, cluster }: DevOptions): string {
  const isDefault = url === `nats://127.0.0.1:${DEFAULT_PORT}` && namespace === 'default';
  const flags = isDefault ? '' : ` --server ${url} --namespace ${namespace}`;
  const facts = fields([
    ['NATS', url],
    ['namespace', namespace],
    ['data', inMemory ? 'in memory: gone when this ends' : folder],
    ['copies', cluster ? 'three, one with each server' : undefined],
  ]);
  return `Ground Control is ready.

${facts.replace(/^/gm, '  ')}

Start your application with GROUND_CONTROL_SERVERS=${url}, then in another terminal:

  gctl${flags} type list
  gctl${flags} workflow start <type> --id first --input '{}'
  gctl${flags} workflow watch first
  gctl${flags} ui

Ctrl-C stops all of it.`;
}
