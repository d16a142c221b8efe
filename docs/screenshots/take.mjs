// Takes the pictures of docs/guides/gctl.md: `npm run docs:screenshots`. It runs the built gctl in a pseudo-terminal
// against a real system with the shop of test/fixtures/shop in it, and draws what a terminal emulator shows.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { svgOf } from './svg.mjs';

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const PATIENCE_MS = 20_000;

const { GroundControlTestServer } = await import(at('dist/libs/testing/src/index.js'));
const server = await GroundControlTestServer.start();
const where = { GROUND_CONTROL_SERVERS: server.servers, GROUND_CONTROL_NAMESPACE: server.namespace };
const shop = fork(at('dist/test/fixtures/shop/main.js'), { env: { ...process.env, ...where } });
try {
  await once(shop, 'message');
  await takeAll();
} finally {
  shop.disconnect();
  await server.stop();
}

async function takeAll() {
  await command('gctl workflow list', ['workflow', 'list', '--limit', '12'], 'list', 110, 14);
  await command(
    'gctl workflow history order-1015',
    ['workflow', 'history', 'order-1015'],
    'history',
    110,
    34,
  );
  await command('gctl cluster status', ['cluster', 'status'], 'cluster', 90, 15);
  const ui = open(['ui'], 96, 28);
  await ui.until('order-1015');
  await ui.until('scheduled');
  await ui.take('gctl ui', 'ui-runs');
  ui.type('/order-1015\r');
  await ui.until('1 of 1');
  ui.type('\r');
  await ui.until('trackingId');
  await ui.take('gctl ui: a run', 'ui-run');
  ui.type('\u001b[C');
  await ui.until('wait approved');
  await ui.take('gctl ui: its timeline', 'ui-timeline');
  ui.type('\u001b[C');
  await ui.until('run.completed');
  await ui.take('gctl ui: its history', 'ui-history');
  ui.type('\u001b');
  await ui.until('WORKFLOW ID');
  ui.type('/');
  await ui.until('begins with');
  ui.type('\u007f'.repeat(4) + '1003\r');
  await ui.until('❯ order-1003');
  ui.type('e');
  await ui.until('Send an event');
  ui.type('\r"Ann"');
  await ui.until('"Ann"');
  await ui.take('gctl ui: sending an event', 'ui-event');
  ui.type('\u001b');
  await ui.until('⏎ open');
  ui.type('2');
  await ui.until('shop-1');
  await ui.take('gctl ui: the workers', 'ui-workers');
  ui.type('3');
  await ui.until('PARTITION');
  await ui.take('gctl ui: the cluster', 'ui-cluster');
  ui.type('q');
  await ui.exited;
}

async function command(title, args, name, columns, rows) {
  const screen = open(args, columns, rows);
  await screen.exited;
  await screen.take(title, name);
}

function open(args, columns, rows) {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  // As a person's terminal is: with colours.
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...rest } = process.env;
  const env = { ...rest, ...where };
  const child = spawn(process.execPath, [at('dist/apps/cli/src/main.js'), ...args], {
    cols: columns,
    rows,
    name: 'xterm-256color',
    env,
  });
  child.onData((data) => terminal.write(data));
  const exited = new Promise((resolve) => child.onExit(() => terminal.write('', resolve)));
  const text = () =>
    Array.from({ length: rows }, (_, row) =>
      terminal.buffer.active.getLine(terminal.buffer.active.viewportY + row)?.translateToString(true),
    ).join('\n');
  return {
    exited,
    type: (keys) => child.write(keys),
    async until(what) {
      for (const end = Date.now() + PATIENCE_MS; !text().includes(what); await delay(20))
        if (Date.now() > end) throw new Error(`The screen does not show ${what}:\n${text()}`);
    },
    async take(title, name) {
      await writeFile(at(`docs/guides/images/${name}.svg`), svgOf(terminal, title));
    },
  };
}
