import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const SURROUNDINGS = join(import.meta.dirname, 'surroundings');

/** What a guide shows, put where it stands in its surroundings: what the guide leaves to be understood. */
interface Module {
  /** Where it would be, for its imports to be found. */
  file: string;
  source: string;
}

/** The excerpts of this guide are compared with the examples' own source. */
const COMPARED = 'examples';

const guides = [join(ROOT, 'README.md'), ...markdownIn('docs/guides')].filter(
  (guide) => nameOf(guide) !== COMPARED && blocksOf(guide).length > 0,
);

function markdownIn(folder: string): string[] {
  return ts.sys.readDirectory(join(ROOT, folder), ['.md']);
}

function nameOf(guide: string): string {
  return basename(guide, '.md');
}

function blocksOf(guide: string): string[] {
  const text = readFileSync(guide, 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code);
}

/** @throws Error naming the guide, when its surroundings do not say where each of its blocks stands, once */
function moduleOf(guide: string): Module {
  const name = nameOf(guide);
  const surroundings = join(SURROUNDINGS, `${name}.txt`);
  if (!existsSync(surroundings)) throw new Error(`${guide} shows code and has no ${surroundings}`);
  let source = readFileSync(surroundings, 'utf8');
  for (const [index, code] of blocksOf(guide).entries()) {
    const place = new RegExp(`^ *// block ${index + 1}$`, 'gm');
    if (source.match(place)?.length !== 1)
      throw new Error(`${surroundings} has no place for block ${index + 1}`);
    source = source.replace(place, () => code);
  }
  return { file: join(SURROUNDINGS, `${name}.ts`), source };
}

/** What the compiler says of the modules, with the project's own options. */
function diagnose(modules: Module[]): string[] {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(ROOT, 'tsconfig.json'),
    // What a guide shows need not declare its types for others.
    { noEmit: true, declaration: false, isolatedDeclarations: false },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (diagnostic) => expect.fail(textOf(diagnostic)) },
  );
  const options = config?.options ?? {};
  const sources = new Map(modules.map(({ file, source }) => [file, source]));
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  host.readFile = (file) => sources.get(file) ?? readFile(file);
  const program = ts.createProgram([...sources.keys()], options, host);
  return [...sources.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((diagnostic) => textOf(diagnostic));
  });
}

function textOf({ file, start = 0, messageText }: ts.Diagnostic): string {
  const { line = 0 } = file?.getLineAndCharacterOfPosition(start) ?? {};
  const code = file?.text.split('\n')[line]?.trim();
  return `${basename(file?.fileName ?? '', '.ts')}: ${code}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
}

describe('the code that the guides show', () => {
  it('compiles, with what each guide leaves to be understood around it', { timeout: 60_000 }, () => {
    expect(guides.length).toBeGreaterThan(15);
    expect(diagnose(guides.map((guide) => moduleOf(guide)))).toEqual([]);
  });

  it('would not pass if it did not compile', { timeout: 60_000 }, () => {
    const file = join(SURROUNDINGS, 'wrong.ts');
    const source = `import { Start } from '@ground-control/nestjs';\nexport const start: number = Start;\n`;
    expect(diagnose([{ file, source }])).toEqual([
      expect.stringMatching(/^wrong: export const start.*assignable/),
    ]);
  });
});
