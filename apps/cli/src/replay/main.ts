import 'reflect-metadata';
import { Console } from 'node:console';

import { GroundControlError } from '@ground-control/protocol';

import type { ReplayNews, ReplayTask } from './messages.js';
import { replayModule } from './replay-module.js';

// A process of its own: what the application prints, opens or does when it is loaded stays here, and ends with it.
globalThis.console = new Console(process.stderr, process.stderr);

const tell = (news: ReplayNews): void => void process.send?.(news);

process.once('message', (task: ReplayTask) => {
  replayModule(task, (step, index, of) => tell({ kind: 'step', step, index, of })).then(
    (report) => tell({ kind: 'report', report }),
    (error: unknown) =>
      tell({
        kind: 'refused',
        message: error instanceof GroundControlError ? error.message : String(error),
      }),
  );
});
process.once('disconnect', () => process.exit());
