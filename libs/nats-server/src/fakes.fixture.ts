import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { onTestFinished } from 'vitest';

import { INSTALLED_VERSION } from './install-source.js';
import { releaseName } from './release-asset.js';

/** A folder that is removed when the test is over. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ground-control-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** An executable script, and the folders above it. */
export async function writeScript(path: string, body: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

/** Something that answers `--version` as a nats-server does. */
export function writeFakeServer(path: string, version: string): Promise<string> {
  return writeScript(path, `echo "nats-server: v${version}"`);
}

/** The archive of a release in which the server is a fake of this version. */
export async function packRelease(version: string): Promise<Buffer> {
  const directory = await temporaryDirectory();
  const name = releaseName(INSTALLED_VERSION);
  await writeFakeServer(join(directory, name, 'nats-server'), version);
  await writeFile(join(directory, name, 'README.md'), 'Read me.');
  await promisify(execFile)('tar', ['-czf', 'release.tar.gz', name], { cwd: directory });
  return readFile(join(directory, 'release.tar.gz'));
}

/** Serves a release, with the right checksum unless another is given, and resolves with the base URL. */
export async function serveRelease(archive: Buffer, checksum: string = sha256(archive)): Promise<string> {
  const name = `${releaseName(INSTALLED_VERSION)}.tar.gz`;
  return serve({
    [`/v${INSTALLED_VERSION}/SHA256SUMS`]: Buffer.from(
      `${'0'.repeat(64)}  other.zip\n${checksum}  ${name}\n`,
    ),
    [`/v${INSTALLED_VERSION}/${name}`]: archive,
  });
}

/** Serves files over http on loopback until the test is over; everything else is not found. */
export async function serve(files: Record<string, Buffer>): Promise<string> {
  const server = createServer((request, response) => {
    const file = files[request.url ?? ''];
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
