import type { GroundControlClient } from '@ground-control/client';
import { render } from 'ink';

import { App } from './app.js';

// The screen is one of its own: what was on the terminal is there again afterwards.
const ENTER = '\u001b[?1049h\u001b[2J\u001b[H';
const LEAVE = '\u001b[?25h\u001b[?1049l';

function leave(): void {
  process.stdout.write(LEAVE);
}

/** Shows the full-screen view until someone quits it. */
export async function startUi(client: GroundControlClient, place: string): Promise<void> {
  process.stdout.write(ENTER);
  // However the process ends: the terminal is given back as it was.
  process.once('exit', leave);
  try {
    const app = render(<App client={client} place={place} />, { exitOnCtrlC: false });
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, () => app.unmount());
    await app.waitUntilExit();
  } finally {
    process.off('exit', leave);
    leave();
  }
}
