import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { EXECUTABLE_NAME } from './cache-directory.js';
import { verifyChecksum } from './checksums.js';
import { download, type DownloadLimits } from './download.js';
import { INSTALLED_VERSION, type InstallSource } from './install-source.js';
import { releaseName } from './release-asset.js';
import { extractFile } from './tar.js';

const ARCHIVE_LIMITS: DownloadLimits = {
  responseTimeoutMs: 5_000,
  totalTimeoutMs: 120_000,
  maxBytes: 128 * 1024 * 1024,
};
const CHECKSUM_LIMITS: DownloadLimits = { ...ARCHIVE_LIMITS, totalTimeoutMs: 10_000, maxBytes: 1024 * 1024 };
const UNPACKED_LIMIT_BYTES = 512 * 1024 * 1024;

const unzip = promisify(gunzip);

/** The project's own release archives, laid out below `baseUrl` as on the project's release page. */
export function releaseArchiveSource(baseUrl: string): InstallSource {
  return {
    name: `release archive from ${baseUrl}`,
    async fetchExecutable(directory) {
      const archive = await downloadVerified(`${baseUrl}/v${INSTALLED_VERSION}`);
      const tar = await unzip(archive, { maxOutputLength: UNPACKED_LIMIT_BYTES });
      const path = join(directory, EXECUTABLE_NAME);
      await writeFile(path, extractFile(tar, EXECUTABLE_NAME), { mode: 0o755 });
      return path;
    },
  };
}

async function downloadVerified(folderUrl: string): Promise<Buffer> {
  const name = `${releaseName(INSTALLED_VERSION)}.tar.gz`;
  const checksums = await download(`${folderUrl}/SHA256SUMS`, CHECKSUM_LIMITS);
  const archive = await download(`${folderUrl}/${name}`, ARCHIVE_LIMITS);
  verifyChecksum(archive, name, checksums.toString('utf8'));
  return archive;
}
