import { afterEach, describe, expect, it, vi } from 'vitest';

import { isAlive, Running } from './run-command.fixture.js';

const WAIT = { timeout: 90_000, interval: 50 };

function pidsIn(output: string): number[] {
  return [...output.matchAll(/\bpid (\d+)/g)].map(([, pid]) => Number(pid));
}

describe('the orders example', () => {
  let running: Running;

  afterEach(() => running.signal('SIGKILL'));

  async function nothingIsLeft(): Promise<void> {
    const pids = pidsIn(running.stdout);
    expect(pids.length).toBeGreaterThanOrEqual(5);
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), WAIT);
  }

  it(
    'shows with `npm run demo` what it survives, and leaves nothing running',
    { timeout: 240_000 },
    async () => {
      running = new Running('orders/src/demo.js');
      const { code, stdout, stderr } = await running.finished;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const seen = [...stdout.matchAll(/✓ (.*)/g)].map(([, what]) => what);
      expect(seen).toEqual(
        expect.arrayContaining([
          'the payment is recorded',
          'the step that was interrupted ran again',
          'both are dead',
          'both are up again',
          'the history that was watched has no gap and nothing twice',
          'nothing is left running',
        ]),
      );
      expect(seen.filter((what) => what === 'the payment gateway was called once')).toHaveLength(2);
      expect(stdout).toMatch(/│ \d\d:\d\d:\d\d\.\d{3} {2}run\.completed/);
      await nothingIsLeft();
    },
  );

  it('ends the demo at Ctrl-C with exit code 1 and leaves nothing running', async () => {
    running = new Running('orders/src/demo.js');
    await vi.waitFor(() => expect(running.stdout).toContain('the payment is recorded'), WAIT);
    const { code, stderr } = await running.signal('SIGINT');
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('interrupted') });
    await nothingIsLeft();
  });

  it('stays up with `npm start`, takes orders, and ends at Ctrl-C', async () => {
    running = new Running('orders/src/stack.js');
    await vi.waitFor(() => expect(running.stdout).toContain('Ctrl-C stops everything'), WAIT);
    const [, url = '', body = ''] = /curl -X POST (\S+) .* -d '(.*)'/.exec(running.stdout) ?? [];
    const headers = { 'content-type': 'application/json' };
    const place = (): Promise<Response> => fetch(url, { method: 'POST', headers, body });
    expect((await place()).status).toBe(201);
    const result = await fetch(`${url}/order-1/result`);
    await expect(result.json()).resolves.toMatchObject({ trackingId: expect.any(String) });
    const described = await fetch(`${url}/order-1`);
    await expect(described.json()).resolves.toMatchObject({ status: 'completed' });
    const unknown = await fetch(`${url}/order-2`);
    expect(unknown.status).toBe(404);
    const invalid = await fetch(url, { method: 'POST', headers, body: '{"orderId":7}' });
    expect(invalid.status).toBe(400);
    await expect(running.signal('SIGINT')).resolves.toMatchObject({ code: 0 });
    await nothingIsLeft();
  });
});
