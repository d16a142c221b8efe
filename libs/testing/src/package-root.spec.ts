import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { coordinatorMain } from './package-root.js';

describe('coordinatorMain', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'package-root-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(path: string, text = ''): string {
    const file = join(folder, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  it('finds the coordinator of the package that the file belongs to', () => {
    write('app/package.json', '{ "name": "shop" }');
    const root = 'app/node_modules/@ground-control/nestjs';
    write(`${root}/package.json`, '{ "name": "@ground-control/nestjs" }');
    const main = write(`${root}/dist/apps/coordinator/src/main.js`);
    expect(coordinatorMain(join(folder, root, 'dist/libs/testing/src/package-root.js'))).toBe(main);
  });

  it('says what to run when the coordinator is not built', () => {
    write('package.json', '{ "name": "@ground-control/nestjs" }');
    expect(() => coordinatorMain(join(folder, 'libs/testing/src/package-root.ts'))).toThrow('npm run build');
  });

  it('says so when the file is in no copy of the package', () => {
    write('package.json', '{ "name": "shop" }');
    expect(() => coordinatorMain(join(folder, 'src/a.js'))).toThrow('@ground-control/nestjs');
  });
});
