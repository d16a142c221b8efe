import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const LIBS = [
  'client',
  'engine',
  'journal',
  'nestjs',
  'orchestration',
  'protocol',
  'transport',
  'worker',
  'workflow',
];

/** Limits that nobody who uses the engine meets: they bound how it works, and refuse and drop nothing. */
const INTERNAL = new Set([
  'HISTORY_PAGE_LIMIT',
  'MAX_BATCH_BYTES',
  'MAX_BATCH_ENTRIES',
  'MAX_BYTES',
  'MAX_EPOCH_VOLLEY',
  'MAX_READ_ROWS',
  'MAX_RECORD_BYTES',
  'MAX_REMEMBERED_RUNS',
  'MAX_REST_MS',
  'MAX_SPELLED_LENGTH',
  'MAX_STALE_ANSWERS',
  'MAX_TAKE_OVER_TRIES',
  'MAX_TIMER_MS',
  'MAX_TRIES',
]);

const UNITS: Readonly<Record<string, number>> = {
  KiB: 1024,
  MiB: 1024 * 1024,
  years: 365.25 * 24 * 60 * 60 * 1000,
};

interface Row {
  limit: string;
  value: string;
  constants: string[];
}

/** The constants whose value is a number, or a product of numbers. */
function constantsOf(lib: string): [name: string, value: number][] {
  const folder = join(root, 'libs', lib, 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !/\.(spec|fixture|contract)\.ts$/.test(file),
  );
  return files.flatMap((file) =>
    [
      ...readFileSync(join(folder, file), 'utf8').matchAll(
        /^(?:export )?const ([A-Z][A-Z_]+)(?:: number)? = ([\d_. *]+);/gm,
      ),
    ].map(([, name = '', product = '']): [string, number] => [name, valueOf(product)]),
  );
}

function valueOf(product: string): number {
  return product.split('*').reduce((value, factor) => value * Number(factor.replaceAll('_', '')), 1);
}

function tableRows(): Row[] {
  const page = readFileSync(join(root, 'docs/reference/configuration.md'), 'utf8');
  const section = page.split('\n## Limits\n')[1]?.split('\n## ')[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) => {
    const [, limit = '', value = '', , constants = ''] = line.split('|').map((cell) => cell.trim());
    return { limit, value, constants: [...constants.matchAll(/`(\w+)`/g)].map(([, name = '']) => name) };
  });
}

/** The values of a row, one for each of its constants or one for all: `50,000 entries, 32 MiB`. */
function valuesOf({ value, constants }: Row): number[] {
  const values = value.split(', ').map((text) => {
    const [number = '', unit = ''] = text.split(' ');
    return Number(number.replaceAll(',', '')) * (UNITS[unit] ?? 1);
  });
  return constants.map((_, index) => (values.length === 1 ? values[0] : values[index]) ?? Number.NaN);
}

const rows = tableRows();
const constants = LIBS.flatMap(constantsOf);
const limits = new Set(
  constants.map(([name]) => name).filter((name) => /^(?!DEFAULT_)(MAX_|\w+_LIMIT$)/.test(name)),
);

describe('the table of limits in docs/reference/configuration.md', () => {
  it('has each limit that a user can meet, and none that is internal', () => {
    const documented = new Set(rows.flatMap((row) => row.constants));
    expect([...limits].filter((name) => !INTERNAL.has(name) && !documented.has(name))).toEqual([]);
    expect([...INTERNAL].filter((name) => documented.has(name) || !limits.has(name))).toEqual([]);
  });

  it('names the constant of each number that it gives', () => {
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter((row) => row.constants.length === 0 && /^\d/.test(row.value))).toEqual([]);
  });

  it.each(rows.flatMap((row) => row.constants.map((name, index) => ({ name, value: valuesOf(row)[index] }))))(
    'gives the value of $name',
    ({ name, value }) => {
      expect(constants.filter(([other]) => other === name)).toEqual([[name, value]]);
    },
  );
});
