import { Command } from 'commander';

import type { CliContext } from '../cli-context.js';
import { addExamples } from '../examples.js';
import { CoordinatorChild } from '../coordinator-child.js';
import type { GlobalOptions } from '../session.js';
import { untilInterrupted } from '../until-interrupted.js';
import { addCoordinatorOptions, coordinatorEnv, type CoordinatorOptions } from './coordinator-options.js';

/** `gctl coordinator` */
export function coordinatorCommand({ terminal }: CliContext): Command {
  const command = new Command('coordinator').description('run a coordinator on a NATS server that is there');
  addCoordinatorOptions(command);
  addExamples(command, 'gctl coordinator --server nats://nats-1:4222,nats://nats-2:4222');
  return command.action(async () => {
    const options = command.optsWithGlobals<GlobalOptions & CoordinatorOptions>();
    const { server, namespace } = options;
    const interrupted = untilInterrupted();
    const coordinator = new CoordinatorChild(coordinatorEnv(server, options));
    void coordinator
      .ready()
      .then(() =>
        terminal.show(
          { servers: server, namespace },
          `Coordinator of namespace ${namespace} is ready, NATS at ${server}. Ctrl-C stops it.`,
        ),
      );
    await Promise.race([interrupted, coordinator.exited.then(refuseToEnd)]);
    await coordinator.stop();
  });
}

/** @throws Error always: nobody asked the coordinator to end */
export function refuseToEnd({ code, signal }: { code: number | null; signal: string | null }): never {
  throw new Error(`The coordinator ended (${signal ?? `exit code ${code}`}); its log says why.`);
}
