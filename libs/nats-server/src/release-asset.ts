const SYSTEMS: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  win32: 'windows',
};

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = {
  arm: 'arm7',
  arm64: 'arm64',
  ia32: '386',
  ppc64: 'ppc64le',
  s390x: 's390x',
  x64: 'amd64',
};

/** Where the releases of nats-server are published. */
export const RELEASES_URL = 'https://github.com/nats-io/nats-server/releases/download';

/**
 * The name that a release's archive and the folder inside it have for this platform, without `.tar.gz`.
 *
 * @throws Error when the project publishes none for it
 */
export function releaseName(
  version: string,
  platform: NodeJS.Platform = process.platform,
  architecture: NodeJS.Architecture = process.arch,
): string {
  const [system, processor] = [SYSTEMS[platform], ARCHITECTURES[architecture]];
  if (system === undefined || processor === undefined) {
    throw new Error(`there is no release archive for ${platform} on ${architecture}`);
  }
  return `nats-server-v${version}-${system}-${processor}`;
}
