import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GroundControlTestServer } from '@ground-control/nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url).pathname;
const SOURCE = join(ROOT, 'test/fixtures/package-app/app.ts.txt');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ground-control-package-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The versions that this repo is tested with, as a user would name them. */
async function dependencies(): Promise<string[]> {
  const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const names = [
    '@nestjs/common',
    '@nestjs/core',
    '@nestjs/microservices',
    'class-transformer',
    'class-validator',
  ];
  return [...names, 'reflect-metadata', 'rxjs', 'typescript'].map(
    (name) => `${name}@${devDependencies[name]}`,
  );
}

describe('the package', () => {
  it('installs into a fresh application, compiles there under strict, and runs a workflow', async () => {
    const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: ROOT,
    });
    const [{ filename, files }] = JSON.parse(packed.stdout) as [
      { filename: string; files: { path: string }[] },
    ];
    expect(
      files.map(({ path }) => path).filter((path) => /\.spec\.|fixture|apps\/orders|^test|^bench/.test(path)),
    ).toEqual([]);

    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'fresh', private: true, type: 'module' }),
    );
    await run(
      'npm',
      ['install', '--no-audit', '--no-fund', `./${filename}`, ...(await dependencies()), '@types/node@20'],
      { cwd: folder },
    );
    await copyFile(SOURCE, join(folder, 'app.ts'));
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'ES2023',
          module: 'nodenext',
          moduleResolution: 'nodenext',
          strict: true,
          skipLibCheck: false,
          experimentalDecorators: true,
          emitDecoratorMetadata: true,
          types: ['node'],
        },
        include: ['app.ts'],
      }),
    );
    await run('npx', ['tsc'], { cwd: folder });

    const server = await GroundControlTestServer.start();
    try {
      const env = { ...process.env, GROUND_CONTROL_SERVERS: server.servers };
      const app = await run('node', ['app.js'], { cwd: folder, env });
      expect(app.stdout).toContain("{ text: 'Hello, you!' }");
      const types = await run('npx', ['gctl', '--json', 'type', 'list'], { cwd: folder, env });
      expect(types.stdout).toContain('"Hello"');
    } finally {
      await server.stop();
    }
  });
});
