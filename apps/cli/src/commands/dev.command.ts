import { resolve } from 'node:path';

import { Command } from 'commander';

import type { CliContext } from '../cli-context.js';
import { DevStack } from '../dev-stack.js';
import { addExamples } from '../examples.js';
import { port } from '../parsers.js';
import type { GlobalOptions } from '../session.js';
import { untilInterrupted } from '../until-interrupted.js';
import { refuseToEnd } from './coordinator.command.js';
import { addCoordinatorOptions, coordinatorEnv, type CoordinatorOptions } from './coordinator-options.js';

interface DevOptions extends GlobalOptions, CoordinatorOptions {
  dataDir: string;
  port: number;
}

const DEFAULT_PORT = 4222;

/** `gctl dev` */
export function devCommand({ terminal }: CliContext): Command {
  const command = new Command('dev')
    .description('run a NATS server and a coordinator for development; installs nats-server if need be')
    .option('--data-dir <path>', 'where the data are kept', '.ground-control')
    .option('--port <port>', 'of the NATS server; 0 picks a free one', port, DEFAULT_PORT);
  addCoordinatorOptions(command);
  addExamples(command, 'gctl dev', 'gctl dev --port 0 --in-memory');
  return command.action(async () => {
    const options = command.optsWithGlobals<DevOptions>();
    const interrupted = untilInterrupted();
    const stack = await DevStack.start({
      dataDirectory: options.dataDir,
      port: options.port,
      envOf: (servers) => coordinatorEnv(servers, options),
      onProgress: (line) => terminal.note(line),
      interrupted,
    });
    const dataDirectory = resolve(options.dataDir);
    const { namespace } = options;
    terminal.show({ servers: stack.url, namespace, dataDirectory }, guide(stack.url, options));
    try {
      await Promise.race([interrupted, stack.coordinatorExited.then(refuseToEnd)]);
    } finally {
      await stack.stop();
    }
  });
}

function guide(url: string, { namespace, dataDir, port: natsPort }: DevOptions): string {
  const isDefault = natsPort === DEFAULT_PORT && namespace === 'default';
  const flags = isDefault ? '' : ` --server ${url} --namespace ${namespace}`;
  return `Ground Control is ready.

  NATS        ${url}
  namespace   ${namespace}
  data        ${resolve(dataDir)}

Start your application with GROUND_CONTROL_SERVERS=${url}, then in another terminal:

  gctl${flags} type list
  gctl${flags} workflow start <type> --id first --input '{}'
  gctl${flags} workflow watch first

Ctrl-C stops both.`;
}
