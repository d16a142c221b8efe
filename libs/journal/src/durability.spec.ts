import { describe, expect, it } from 'vitest';
import { judgeDurability, MINIMUM_SERVER_VERSION } from './durability.js';
import type { DurabilityFacts, JournalStreamFacts } from './durability-facts.js';

const sound: JournalStreamFacts = {
  stream: 'GC_default_JOURNAL_0',
  storage: 'file',
  replicas: 1,
  currentReplicas: 1,
  asynchronous: false,
  limits: [],
  discards: 'new',
  deletable: false,
};

function factsOf(
  facts: Partial<DurabilityFacts>,
  ...journals: Partial<JournalStreamFacts>[]
): DurabilityFacts {
  return {
    serverVersion: '2.15.1',
    maxPayloadBytes: 8 * 1024 * 1024,
    clustered: false,
    journals: journals.map((journal) => ({ ...sound, ...journal })),
    ...facts,
  };
}

function briefly(facts: DurabilityFacts): string[] {
  return judgeDurability(facts).map(({ severity, setting, found }) => `${severity} ${setting}: ${found}`);
}

describe('judgeDurability', () => {
  it('finds nothing wrong with a file on a server of today, alone or in a cluster', () => {
    expect(briefly(factsOf({}, {}))).toEqual([]);
    expect(briefly(factsOf({ clustered: true }, { replicas: 3, currentReplicas: 3 }))).toEqual([]);
  });

  it.each(['2.14.3', '2.9.10', '1.99.99', `${MINIMUM_SERVER_VERSION}-RC.2`])(
    'refuses nats-server %s',
    (version) => {
      expect(briefly(factsOf({ serverVersion: version }))).toEqual([`error nats-server: version ${version}`]);
    },
  );

  it.each([MINIMUM_SERVER_VERSION, '2.14.10', '2.15.0-RC.1', '3.0.0'])(
    'accepts nats-server %s',
    (version) => {
      expect(briefly(factsOf({ serverVersion: version }))).toEqual([]);
    },
  );

  it('warns of a message limit that values do not fit', () => {
    expect(briefly(factsOf({ maxPayloadBytes: 1_048_576 }))).toEqual(['warning max_payload: 1048576 bytes']);
  });

  const cases: [Partial<JournalStreamFacts>, string][] = [
    [{ storage: 'memory' }, 'warning storage: memory'],
    [{ asynchronous: true }, 'error persist_mode: async'],
    [{ limits: ['max_age'] }, 'error limits: max_age'],
    [{ limits: ['max_bytes'], discards: 'old' }, 'error limits: max_bytes'],
    [{ limits: ['max_bytes', 'max_msgs'] }, 'warning limits: max_bytes, max_msgs'],
    [{ limits: ['max_msg_size'], discards: 'old' }, 'warning limits: max_msg_size'],
    [{ deletable: true }, 'warning deny_delete: false'],
    [{ replicas: 2, currentReplicas: 2 }, 'warning replicas: 2'],
    [{ replicas: 3, currentReplicas: 2 }, 'warning replicas: 2 of 3 up to date'],
  ];
  it.each(cases)('of a stream with %j says "%s"', (journal, finding) => {
    expect(briefly(factsOf({}, journal))).toEqual([finding]);
  });

  it('warns of a single replica where there could be more', () => {
    expect(briefly(factsOf({ clustered: true }, {}))).toEqual(['warning replicas: 1']);
  });

  it('says once what many streams have in common, and names them', () => {
    const findings = judgeDurability(
      factsOf({}, { stream: 'A', storage: 'memory' }, { stream: 'B' }, { stream: 'C', storage: 'memory' }),
    );
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ setting: 'storage', found: 'memory', streams: ['A', 'C'] });
  });
});
