import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { InvalidInputError } from '@ground-control/protocol';
import type { ReplayReport } from '@ground-control/worker';

import type { ReplayNews, ReplayTask } from './messages.js';

const OWN_MAIN = fileURLToPath(new URL('main.js', import.meta.url));
const MAIN_IN_PACKAGE = join('dist', 'apps', 'cli', 'src', 'replay', 'main.js');

/**
 * Replays a history in a process of its own.
 *
 * @throws InvalidInputError when the history or the module is not what it should be
 */
export async function replayInProcess(
  task: ReplayTask,
  onStep: (step: string, index: number, of: number) => void,
): Promise<ReplayReport> {
  const child = fork(mainFor(task.module), {
    execArgv: ['--enable-source-maps'],
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  try {
    return await new Promise<ReplayReport>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) =>
        reject(new InvalidInputError(`${task.module} ended the process (${signal ?? `exit code ${code}`}).`)),
      );
      child.on('message', (news: ReplayNews) => {
        if (news.kind === 'step') onStep(news.step, news.index, news.of);
        else if (news.kind === 'report') resolve(news.report);
        else reject(new InvalidInputError(news.message));
      });
      child.send(task);
    });
  } finally {
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
  }
}

/**
 * The program of the package that the module itself uses: its tasks are known by objects of that package, and another
 * copy would take them for plain methods, which it would run.
 */
function mainFor(module: string): string {
  try {
    const manifest = createRequire(module).resolve('@ground-control/nestjs/package.json');
    const main = join(dirname(manifest), MAIN_IN_PACKAGE);
    return existsSync(main) ? main : OWN_MAIN;
  } catch {
    return OWN_MAIN;
  }
}
