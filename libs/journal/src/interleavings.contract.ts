import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { JournalFencedError, JournalUncertainError } from './journal-errors.js';
import { append, type JournalWorld, type Leader, shortly } from './journal-world.contract.js';
import type { AppendFault, HeldAppends } from './memory-log.js';

/** How long to look for an interleaving that breaks the journal. */
export interface InterleavingOptions {
  runs: number;
  timeoutMs: number;
}

/** A batch that was appended, and what its leader was told. */
interface Attempt {
  epoch: string;
  name: string;
  outcome: { sequence: number } | 'fenced' | 'uncertain' | undefined;
}

type Command =
  | { kind: 'take over' | 'hold' | 'release' | 'give up' | 'settle'; leader: 0 | 1 }
  | { kind: 'append'; leader: 0 | 1; count: number }
  | { kind: 'fail'; leader: 0 | 1; fault: AppendFault };

const leader = fc.constantFrom<(0 | 1)[]>(0, 1);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('append'), leader, count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('take over'), leader }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('hold', 'release', 'give up', 'settle'), leader }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fail'),
      leader,
      fault: fc.constantFrom<AppendFault[]>('lose', 'lose-acknowledgement', 'reject'),
    }),
  },
);

/** Two leaders do what they like, and their appends are held, lost and late: the journal stays one line. */
export function itIsLinear(
  startWorld: () => Promise<JournalWorld>,
  { runs, timeoutMs }: InterleavingOptions,
): void {
  it(
    'leave one line, in which each acknowledged append is once, in the order of its term',
    { timeout: timeoutMs },
    () =>
      fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 25 }), async (commands) => {
          const world = await startWorld();
          try {
            const interleaving = new Interleaving(world, [await world.leader(), await world.leader()]);
            expect(await interleaving.run(commands)).toEqual([]);
          } finally {
            await world.close();
          }
        }),
        { numRuns: runs },
      ),
  );
}

class Interleaving {
  private readonly attempts: Attempt[] = [];
  private readonly pending: Promise<void>[] = [];
  private readonly epochs: [string, string] = ['', ''];
  private readonly held: [HeldAppends[], HeldAppends[]] = [[], []];
  private readonly replays: string[][] = [];

  constructor(
    private readonly world: JournalWorld,
    private readonly leaders: [Leader, Leader],
  ) {}

  /** @returns what is wrong with the journal then */
  async run(commands: Command[]): Promise<string[]> {
    for (const each of commands) await this.execute(each);
    await this.settle();
    const journal = await this.replay(await this.world.leader(), 'end');
    return this.faultsOf(journal);
  }

  private async execute(each: Command): Promise<void> {
    const { leader: who } = each;
    switch (each.kind) {
      case 'append':
        for (let n = 0; n < each.count; n += 1) this.append(who);
        return;
      case 'take over':
        return this.takeOver(who);
      case 'hold':
        this.held[who].push(this.leaders[who].holdAppends());
        return;
      case 'release':
        return this.release(who);
      case 'give up':
        return this.giveUp(who);
      case 'settle':
        return this.settle();
      case 'fail':
        this.leaders[who].failNextAppends(each.fault);
    }
  }

  private append(who: 0 | 1): void {
    const attempt: Attempt = {
      epoch: this.epochs[who],
      name: `n${this.attempts.length}`,
      outcome: undefined,
    };
    this.attempts.push(attempt);
    this.pending.push(
      append(this.leaders[who], attempt.epoch, attempt.name).then(
        (sequence) => void (attempt.outcome = { sequence }),
        (error: unknown) => void (attempt.outcome = outcomeOf(error)),
      ),
    );
  }

  private async takeOver(who: 0 | 1): Promise<void> {
    // Its own epoch must get through; what was held may still arrive, late.
    this.giveUp(who);
    const epoch = `e${this.replays.length}`;
    this.replays.push(await this.replay(this.leaders[who], epoch));
    this.epochs[who] = epoch;
  }

  private async replay({ journal }: Leader, epoch: string): Promise<string[]> {
    const replayed: string[] = [];
    await journal.takeOver(epoch, (sequence, batch) => replayed.push(shortly(sequence, batch)));
    return replayed;
  }

  private async settle(): Promise<void> {
    this.release(0);
    this.release(1);
    await Promise.all(this.pending);
  }

  private release(who: 0 | 1): void {
    for (const held of this.held[who].splice(0)) held.release();
  }

  private giveUp(who: 0 | 1): void {
    for (const held of this.held[who]) held.giveUp();
  }

  private faultsOf(journal: string[]): string[] {
    const epochs = journal.map((batch) => batch.split(' ')[1] ?? '');
    const terms = epochs.filter((epoch, index) => epoch !== epochs[index - 1]);
    return [
      ...(new Set(terms).size === terms.length ? [] : [`terms are mixed: ${terms.join(' ')}`]),
      ...this.replays.flatMap((replay) => faultOfReplay(replay, journal)),
      ...this.attempts.flatMap((attempt) => faultOfAttempt(attempt, journal)),
      ...terms.flatMap((epoch) => this.faultOfTerm(epoch, journal)),
    ];
  }

  /** What counts of a term is the beginning of what was appended in it. */
  private faultOfTerm(epoch: string, journal: string[]): string[] {
    const asked = this.attempts.filter((attempt) => attempt.epoch === epoch).map(({ name }) => name);
    const written = journal.map((batch) => batch.split(' ')).filter((batch) => batch[1] === epoch);
    const names = written.flatMap(([, , name]) => (name ? [name] : []));
    const inOrder = names.join(' ') === asked.slice(0, names.length).join(' ');
    return inOrder ? [] : [`${epoch} was asked for ${asked.join(' ')} and has ${names.join(' ')}`];
  }
}

function faultOfReplay(replay: string[], journal: string[]): string[] {
  const same = journal.slice(0, replay.length).join('; ') === replay.join('; ');
  return same ? [] : [`was replayed as ${replay.join('; ')}`];
}

function faultOfAttempt({ outcome, epoch, name }: Attempt, journal: string[]): string[] {
  const found = journal.filter((batch) => batch.endsWith(` ${name}`));
  if (outcome === 'uncertain') return found.length <= 1 ? [] : [`${name} is there twice`];
  if (outcome === 'fenced') return found.length === 0 ? [] : [`${name} was fenced and counts`];
  const expected = outcome && `${outcome.sequence} ${epoch} ${name}`;
  return found.join('; ') === expected ? [] : [`${name} is ${found.join('; ')}, not ${String(expected)}`];
}

function outcomeOf(error: unknown): 'fenced' | 'uncertain' {
  if (error instanceof JournalFencedError) return 'fenced';
  if (error instanceof JournalUncertainError) return 'uncertain';
  throw error;
}
