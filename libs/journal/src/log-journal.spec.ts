import { beforeEach, expect, it } from 'vitest';
import { JournalCorruptError, JournalFencedError, JournalUncertainError } from './journal-errors.js';
import { batchOf, errorOf } from './journal-world.contract.js';
import { LogJournal } from './log-journal.js';
import type { Published, SequencedLog } from './sequenced-log.js';

/** A log that stores what is published to it, and answers when and what it is told to. */
class AnsweringLog implements SequencedLog {
  readonly maxRecordBytes = 1_000_000;
  readonly records: Uint8Array[] = [];
  readonly unanswered: ((published: Published) => void)[] = [];
  answersAtOnce = true;

  publish(record: Uint8Array, _expectedLast: number, done: (published: Published) => void): void {
    const sequence = this.records.push(record);
    if (this.answersAtOnce) queueMicrotask(() => done({ kind: 'stored', sequence }));
    else this.unanswered.push(done);
  }

  lastSequence(): Promise<number> {
    return Promise.resolve(this.records.length);
  }

  firstSequence(): Promise<number> {
    return Promise.resolve(1);
  }

  purge(): Promise<void> {
    return Promise.resolve();
  }

  read(first: number, last: number, onRecord: (sequence: number, record: Uint8Array) => void): Promise<void> {
    for (const [index, record] of this.records.slice(first - 1, last).entries())
      onRecord(first + index, record);
    return Promise.resolve();
  }
}

let log: AnsweringLog;
let journal: LogJournal;
beforeEach(async () => {
  log = new AnsweringLog();
  journal = new LogJournal(0, log);
  await journal.takeOver('e1', () => {});
  log.answersAtOnce = false;
});

function answer(append: number, published: Published): void {
  log.unanswered[append]?.(published);
}

it('acknowledges no append before those that were sent before it', async () => {
  const settled: string[] = [];
  const first = journal.append(batchOf('e1', 'a')).then(() => settled.push('a'));
  const second = journal.append(batchOf('e1', 'b')).then(() => settled.push('b'));
  answer(1, { kind: 'stored', sequence: 3 });
  await Promise.resolve();
  expect(settled).toEqual([]);
  answer(0, { kind: 'stored', sequence: 2 });
  await Promise.all([first, second]);
  expect(settled).toEqual(['a', 'b']);
});

it('does not acknowledge an append when one that was sent before it is uncertain', async () => {
  const appends = ['a', 'b'].map((name) => errorOf(journal.append(batchOf('e1', name))));
  answer(1, { kind: 'stored', sequence: 3 });
  answer(0, { kind: 'unknown', reason: 'no acknowledgement' });
  for (const uncertain of appends) expect(await uncertain).toBeInstanceOf(JournalUncertainError);
});

it('is fenced by a sequence that it does not expect', async () => {
  const appended = errorOf(journal.append(batchOf('e1', 'a')));
  answer(0, { kind: 'stored', sequence: 7 });
  expect(await appended).toBeInstanceOf(JournalFencedError);
});

it('does not hear answers to the appends of an earlier term', async () => {
  const late = errorOf(journal.append(batchOf('e1', 'a')));
  log.answersAtOnce = true;
  await journal.takeOver('e2', () => {});
  log.answersAtOnce = false;
  const current = journal.append(batchOf('e2', 'b'));
  answer(0, { kind: 'refused', reason: 'late' });
  answer(1, { kind: 'stored', sequence: 4 });
  expect(await late).toBeInstanceOf(JournalUncertainError);
  expect(await current).toBe(4);
});

it('refuses a journal that is shorter than it was', async () => {
  const appended = journal.append(batchOf('e1', 'a'));
  answer(0, { kind: 'stored', sequence: 2 });
  await appended;
  log.records.length = 1;
  const error = await errorOf(journal.takeOver('e2', () => {}));
  expect(error).toBeInstanceOf(JournalCorruptError);
  expect(error).toMatchObject({ partition: 0, sequence: 2 });
});

it('refuses a journal that went backwards and has grown again since', async () => {
  const appended = journal.append(batchOf('e1', 'a'));
  answer(0, { kind: 'stored', sequence: 2 });
  await appended;
  log.records.length = 1;
  log.answersAtOnce = true;
  const other = new LogJournal(0, log);
  await other.takeOver('e2', () => {});
  await other.append(batchOf('e2', 'b'));
  for (const work of [journal.verify(() => {}), journal.takeOver('e3', () => {})]) {
    const error = await errorOf(work);
    expect(error).toMatchObject({ code: 'JOURNAL_CORRUPT', partition: 0, sequence: 2 });
  }
});

it('refuses a journal that ends before its epoch', async () => {
  log.answersAtOnce = true;
  log.read = () => Promise.resolve();
  await expect(journal.takeOver('e2', () => {})).rejects.toThrow('sequence 1: the record is missing');
});

it('is taken over once at a time', async () => {
  log.answersAtOnce = true;
  const takingOver = journal.takeOver('e2', () => {});
  await expect(journal.takeOver('e3', () => {})).rejects.toThrow('being taken over already');
  expect(await takingOver).toBe(2);
});

it('begins no term once it is closed', async () => {
  log.answersAtOnce = true;
  const takingOver = journal.takeOver('e2', () => {});
  await journal.close();
  await takingOver;
  await expect(journal.append(batchOf('e2', 'a'))).rejects.toThrow('is closed');
  await expect(journal.takeOver('e3', () => {})).rejects.toThrow('is closed');
});

it('rejects a batch that cannot be encoded, and lets nothing land behind it', async () => {
  const unencodable = {
    ...batchOf('e1', 'a'),
    entries: [
      {
        get runId() {
          throw new TypeError('no run id');
        },
      },
    ],
  };
  const appends = [unencodable as never, batchOf('e1', 'b')].map((batch) => errorOf(journal.append(batch)));
  expect(await appends[0]).toBeInstanceOf(TypeError);
  expect(await appends[1]).toBeInstanceOf(JournalUncertainError);
  expect(log.records).toHaveLength(1);
});
