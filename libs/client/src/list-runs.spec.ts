import { InvalidInputError, partitionOf, ValueCodec, type WireRunInfo } from '@ground-control/protocol';
import { describe, expect, it } from 'vitest';

import { CoordinatorLink } from './coordinator-link.js';
import { newId } from './identifiers.js';
import { listRuns } from './list-runs.js';
import { ScriptedPort } from './scripted-port.fixture.js';

const values = new ValueCodec();

/** Coordinators that have these runs, each in the partition of its workflow id, and list them as they promise to. */
function portWith(runs: WireRunInfo[], partitions = 4): ScriptedPort {
  return new ScriptedPort(partitions).answer('workflow.list', ({ to, body }) => {
    const before = body['before'] as string | undefined;
    const rows = runs
      .filter((run) => to.kind === 'partition' && partitionOf(run.workflowId, partitions) === to.partition)
      .filter((run) => before === undefined || run.id < before)
      .toSorted((one, other) => (one.id < other.id ? 1 : -1))
      .slice(0, body['limit'] as number);
    return { kind: 'run.list', runs: rows };
  });
}

function runOf(index: number): WireRunInfo {
  return {
    id: newId(),
    workflowId: `w${index}`,
    workflowType: 'T',
    status: 'running',
    startedAt: 1_000 + index,
  };
}

const runs = Array.from({ length: 23 }, (_, index) => runOf(index));

describe('listRuns', () => {
  it('merges the partitions, newest run first', async () => {
    const page = await listRuns(new CoordinatorLink(portWith(runs), values), values, {});
    expect(page.runs.map(({ workflowId }) => workflowId)).toEqual(
      runs.map(({ workflowId }) => workflowId).toReversed(),
    );
    expect(page.runs[0]?.startedAt).toEqual(new Date(1_022));
    expect(page.cursor).toBeUndefined();
  });

  it.each([1, 2, 5, 7, 22, 23])('gives every run once over pages of %i', async (limit) => {
    const link = new CoordinatorLink(portWith(runs), values);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listRuns(link, values, { limit, cursor });
      expect(page.runs.length).toBeLessThanOrEqual(limit);
      seen.push(...page.runs.map(({ workflowId }) => workflowId));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(runs.map(({ workflowId }) => workflowId).toReversed());
  });

  it('asks for what meets the conditions', async () => {
    const port = portWith([], 1);
    await listRuns(new CoordinatorLink(port, values), values, {
      type: 'T',
      status: 'failed',
      idPrefix: 'order-',
      startedAfter: new Date(1),
      startedBefore: new Date(2),
      attributes: { region: 'eu' },
      limit: 10,
    });
    expect(port.ofKind('workflow.list')[0]?.body).toMatchObject({
      type: 'T',
      status: ['failed'],
      idPrefix: 'order-',
      startedAfter: 1,
      startedBefore: 2,
      attributes: { region: 'eu' },
      limit: 10,
    });
  });

  it.each([
    ['a limit of nothing', { limit: 0 }],
    ['a limit above the highest', { limit: 1_001 }],
    ['a limit that is no whole number', { limit: 1.5 }],
    ['a cursor of somebody else', { cursor: 'next' }],
    ['a date that is none', { startedAfter: new Date(Number.NaN) }],
  ])('refuses %s', async (_case, options) => {
    const listed = listRuns(new CoordinatorLink(portWith(runs), values), values, options);
    await expect(listed).rejects.toThrow(InvalidInputError);
  });
});
