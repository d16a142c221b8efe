import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const GUIDE = new URL('../../../docs/guides/examples.md', import.meta.url);
const SOURCES = fileURLToPath(new URL('../../../apps/examples/src/', import.meta.url));

const guide = readFileSync(GUIDE, 'utf8');
const excerpts = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);

/** Code without the white space that depends on where it stands. */
function plain(code: string): string {
  return code.replaceAll(/\s+/g, ' ').trim();
}

describe('the guide to the examples', () => {
  it('shows code that is there', () => {
    const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    const sources = files.map((file) => plain(readFileSync(`${SOURCES}${file}`, 'utf8')));
    const missing = excerpts.filter((excerpt) => !sources.some((source) => source.includes(plain(excerpt))));
    expect(missing).toEqual([]);
    expect(excerpts.length).toBeGreaterThan(5);
  });
});
