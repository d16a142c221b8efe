import { randomUUID } from 'node:crypto';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/nats-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  JOURNAL_VERSION,
  JetStreamJournalStore,
  type JetStreamJournalStoreOptions,
  JournalCorruptError,
  JournalFencedError,
  JournalUncertainError,
  type PartitionJournal,
} from '@ground-control/journal';
import { encodeMessage } from '@ground-control/protocol';
import { batchOf, errorOf, LAYOUT, shortly } from '../../../libs/journal/src/journal-world.contract.js';
import { JournalServer } from './journal-server.fixture.js';

let server: JournalServer;
let connection: NatsConnection;
let namespace: string;
beforeAll(async () => {
  server = await JournalServer.start();
});
beforeEach(async () => {
  connection = await server.connect();
  namespace = randomUUID();
});
afterEach(() => connection.close());
afterAll(() => server.stop());

const stream = (): string => `GC_${namespace}_JOURNAL_0`;
const subject = (): string => `gc.${namespace}.journal.0`;

async function openJournal(options?: JetStreamJournalStoreOptions): Promise<PartitionJournal> {
  const store = new JetStreamJournalStore(connection, namespace, options);
  await store.open(LAYOUT);
  return store.partition(0);
}

/**
 * Takes over as soon as that is possible, which it is not before the connection is back.
 *
 * @returns what of earlier terms was replayed, in short
 */
async function takeOver(journal: PartitionJournal, epoch: string): Promise<string[]> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const replayed: string[] = [];
    try {
      await journal.takeOver(epoch, (sequence, batch) => replayed.push(shortly(sequence, batch)));
      return replayed.filter((batch) => !batch.endsWith(` ${epoch}`));
    } catch (error) {
      if (!(error instanceof JournalUncertainError) || Date.now() > deadline) throw error;
    }
  }
}

describe('a nats-server that is killed', () => {
  it('keeps what it acknowledged, and leaves what was in flight uncertain', async () => {
    const journal = await openJournal();
    await journal.takeOver('e1', () => {});
    const acknowledged = await Promise.all(
      ['a', 'b', 'c'].map((name) => journal.append(batchOf('e1', name))),
    );
    expect(acknowledged).toEqual([2, 3, 4]);
    server.nats.pause();
    const inFlight = ['d', 'e', 'f'].map((name) => errorOf(journal.append(batchOf('e1', name))));
    await server.nats.kill();
    for (const uncertain of inFlight) expect(await uncertain).toBeInstanceOf(JournalUncertainError);
    await server.nats.restart();
    expect(await takeOver(journal, 'e2')).toEqual(['1 e1', '2 e1 a', '3 e1 b', '4 e1 c']);
  });

  it('keeps every acknowledged append of a busy pipeline, and no gap', async () => {
    const journal = await openJournal();
    await journal.takeOver('e1', () => {});
    const names = Array.from({ length: 400 }, (_, index) => `n${index}`);
    let acknowledged = 0;
    const killed = new Promise<void>((resolve, reject) => {
      for (const name of names) {
        const appended = journal.append(batchOf('e1', name)).then(() => {
          acknowledged += 1;
          return acknowledged === 50 ? server.nats.kill().then(resolve, reject) : undefined;
        });
        appended.catch(() => {});
      }
    });
    await killed;
    await errorOf(journal.append(batchOf('e1', 'refused')));
    await server.nats.restart();
    const written = (await takeOver(journal, 'e2')).slice(1);
    expect(written.length).toBeGreaterThanOrEqual(acknowledged);
    expect(written).toEqual(names.slice(0, written.length).map((name, index) => `${index + 2} e1 ${name}`));
  });

  it('is not sent anything later that was appended while it was away', async () => {
    const journal = await openJournal();
    await journal.takeOver('e1', () => {});
    const away = nextStatus('disconnect');
    await server.nats.kill();
    await away;
    await expect(journal.append(batchOf('e1', 'a'))).rejects.toThrow(JournalUncertainError);
    await server.nats.restart();
    expect(await takeOver(journal, 'e2')).toEqual(['1 e1']);
  });

  it('does not end the term of a leader that had nothing in flight', async () => {
    const journal = await openJournal();
    await journal.takeOver('e1', () => {});
    const back = nextStatus('reconnect');
    await server.nats.kill();
    await server.nats.restart();
    await back;
    expect(await journal.append(batchOf('e1', 'a'))).toBe(2);
  });

  async function nextStatus(type: string): Promise<void> {
    for await (const status of connection.status()) if (status.type === type) return;
  }
});

describe('a nats-server that does not answer', () => {
  it('makes an append uncertain after its timeout; the replay tells', async () => {
    const journal = await openJournal({ appendTimeoutMs: 1000 });
    await journal.takeOver('e1', () => {});
    server.nats.pause();
    const appends = ['a', 'b'].map((name) => errorOf(journal.append(batchOf('e1', name))));
    for (const uncertain of appends) expect(await uncertain).toBeInstanceOf(JournalUncertainError);
    server.nats.resume();
    expect(await takeOver(journal, 'e2')).toEqual(['1 e1', '2 e1 a', '3 e1 b']);
  });

  it('makes takeOver uncertain', async () => {
    const journal = await openJournal({ requestTimeoutMs: 1000, appendTimeoutMs: 1000 });
    server.nats.pause();
    await expect(journal.takeOver('e1', () => {})).rejects.toThrow(JournalUncertainError);
    server.nats.resume();
    await takeOver(journal, 'e2');
    expect(await journal.append(batchOf('e2', 'a'))).toBeGreaterThan(1);
  });
});

describe('a foreign writer', () => {
  it('with a wrong expected sequence is refused, and the leader does not notice', async () => {
    const journal = await openJournal();
    await journal.takeOver('e1', () => {});
    const writing = jetstream(connection).publish(subject(), 'x', { expect: { lastSequence: 7 } });
    await expect(writing).rejects.toMatchObject({ code: 10071 });
    expect(await journal.append(batchOf('e1', 'a'))).toBe(2);
  });

  it('without one fences the leader, and what it wrote is found with its place', async () => {
    const journal = await openJournal();
    await journal.takeOver('e1', () => {});
    await jetstream(connection).publish(subject(), 'garbage');
    await expect(journal.append(batchOf('e1', 'a'))).rejects.toThrow(JournalFencedError);
    const error = await errorOf(journal.takeOver('e2', () => {}));
    expect(error).toBeInstanceOf(JournalCorruptError);
    expect(error).toMatchObject({ code: 'JOURNAL_CORRUPT', partition: 0, sequence: 2 });
  });

  it('of a later version is told from garbage', async () => {
    const journal = await openJournal();
    await journal.takeOver('e1', () => {});
    await jetstream(connection).publish(subject(), encodeMessage([JOURNAL_VERSION + 1, 2, 'e2', []]));
    await expect(journal.takeOver('e3', () => {})).rejects.toThrow(
      `sequence 2: format version ${JOURNAL_VERSION + 1}`,
    );
  });
});

describe('a stream of which no replica answers direct gets', () => {
  it('is replayed all the same, by its leader', async () => {
    const journal = await openJournal();
    await journal.takeOver('e1', () => {});
    for (const name of ['a', 'b']) await journal.append(batchOf('e1', name));
    const manager = await jetstreamManager(connection);
    await manager.streams.update(stream(), { allow_direct: false });
    expect(await takeOver(journal, 'e2')).toEqual(['1 e1', '2 e1 a', '3 e1 b']);
    expect(await journal.read(3)).toEqual(batchOf('e1', 'b'));
  });
});

describe('a stream that is not whole', () => {
  it('is found when its beginning was purged', async () => {
    const journal = await openJournal();
    await journal.takeOver('e1', () => {});
    await journal.append(batchOf('e1', 'a'));
    const manager = await jetstreamManager(connection);
    await manager.streams.purge(stream(), { seq: 2 });
    const error = await errorOf(journal.takeOver('e2', () => {}));
    expect(error).toMatchObject({ code: 'JOURNAL_CORRUPT', partition: 0, sequence: 1 });
  });

  it('lets no message be deleted', async () => {
    const journal = await openJournal();
    await journal.takeOver('e1', () => {});
    const manager = await jetstreamManager(connection);
    await expect(manager.streams.deleteMessage(stream(), 1)).rejects.toThrow('message delete not permitted');
  });

  it('is found when it went backwards', async () => {
    const journal = await openJournal();
    await journal.takeOver('e1', () => {});
    await journal.append(batchOf('e1', 'a'));
    const manager = await jetstreamManager(connection);
    const { config } = await manager.streams.info(stream());
    await manager.streams.delete(stream());
    await manager.streams.add(config);
    const error = await errorOf(journal.takeOver('e2', () => {}));
    expect(error).toMatchObject({ code: 'JOURNAL_CORRUPT', partition: 0, sequence: 2 });
  });

  it('is not created anew when it was lost', async () => {
    await (await openJournal()).takeOver('e1', () => {});
    const manager = await jetstreamManager(connection);
    await manager.streams.delete(stream());
    const journal = await openJournal();
    await expect(journal.takeOver('e2', () => {})).rejects.toThrow(`its stream ${stream()} is gone`);
  });

  it('refuses appends with the reason of the server when an operator limits it', async () => {
    const journal = await openJournal();
    await journal.takeOver('e1', () => {});
    const manager = await jetstreamManager(connection);
    await manager.streams.update(stream(), { max_bytes: 2000 });
    const error = await errorOf(journal.append(batchOf('e1', 'a', new Uint8Array(3000))));
    expect(error).toBeInstanceOf(JournalUncertainError);
    expect(String(error)).toContain('maximum bytes exceeded');
  });
});

describe('a namespace in JetStream', () => {
  it('has a stream per partition, configured to keep everything', async () => {
    await new JetStreamJournalStore(connection, namespace).open({ ...LAYOUT, partitions: 2 });
    const manager = await jetstreamManager(connection);
    const { config } = await manager.streams.info(`GC_${namespace}_JOURNAL_1`);
    expect(config).toMatchObject({
      subjects: [`gc.${namespace}.journal.1`],
      storage: 'file',
      num_replicas: 1,
      retention: 'limits',
      discard: 'new',
      deny_delete: true,
      max_age: 0,
      max_msgs: -1,
      max_bytes: -1,
    });
  });

  it('whose creation broke off is finished by the next store', async () => {
    const bucket = await new Kvm(connection).create(`GC_${namespace}`, { allow_direct: false });
    const begun = { version: 1, partitions: 3, replicas: 1, storage: 'file', streams: 'creating' };
    await bucket.put('config', JSON.stringify(begun));
    const store = new JetStreamJournalStore(connection, namespace);
    expect(await store.open(LAYOUT)).toEqual({ partitions: 3, replicas: 1, storage: 'file' });
    expect(await store.partition(2).takeOver('e1', () => {})).toBe(1);
  });

  it('of another release is refused', async () => {
    const bucket = await new Kvm(connection).create(`GC_${namespace}`, { allow_direct: false });
    await bucket.put('config', JSON.stringify({ version: 2 }));
    await expect(new JetStreamJournalStore(connection, namespace).open(LAYOUT)).rejects.toThrow('version 2');
  });
});
