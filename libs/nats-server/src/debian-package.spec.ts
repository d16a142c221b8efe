import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';

import { debianPackageSource } from './debian-package.js';
import { temporaryDirectory, writeScript } from './fakes.fixture.js';

// The end-to-end tests run the real apt where no nats-server is at hand; here its answers are chosen.

let directory: string;
let keyring: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
  keyring = join(directory, 'keyring.gpg');
  await writeFile(keyring, '');
  await writeScript(
    join(directory, 'dpkg-deb'),
    'mkdir -p "$3/usr/sbin" && cp "$2" "$3/usr/sbin/nats-server"',
  );
});

function fetchExecutable(keyrings: string[] = [keyring]): Promise<string> {
  const env = { PATH: `${directory}:/usr/bin:/bin` };
  return debianPackageSource(env, keyrings).fetchExecutable(directory);
}

/** An apt-get that is set up for these mirrors, of which only some have the suite. */
function fakeApt(mirrors: string[], mirrorsWithSuite: string[]): Promise<string> {
  const uris = mirrors.map((mirror) => `'${mirror}/dists/bookworm/InRelease' file 0`).join('\n');
  const suites = mirrorsWithSuite.map((mirror) => `${mirror} forky main`).join('\n');
  return writeScript(
    join(directory, 'apt-get'),
    `cd '${directory}'
case "$*" in
  *--print-uris*) echo "${uris}" ;;
  *update*) sed 's/.*] //' sources.list | grep -qxF "${suites}" || { echo "E: $(cat sources.list)" >&2; exit 100; } ;;
  *download*) sed 's/^/# /' sources.list >nats-server_2.15.1-1_amd64.deb ;;
esac`,
  );
}

describe('the Debian package', () => {
  it("comes from the machine's own mirror, checked with Debian's keyring, main archive first", async () => {
    await fakeApt(
      ['http://a.example/debian-security', 'http://b.example/debian'],
      ['http://b.example/debian'],
    );
    const path = await fetchExecutable();
    expect(path).toBe(join(directory, 'usr/sbin/nats-server'));
    expect(await readFile(path, 'utf8')).toBe(
      `# deb [signed-by=${keyring} target=Packages] http://b.example/debian forky main\n`,
    );
  });

  it('comes from the next mirror when one does not have the suite', async () => {
    await fakeApt(['http://a.example/debian', 'http://b.example/mirror'], ['http://b.example/mirror']);
    expect(await readFile(await fetchExecutable(), 'utf8')).toContain('http://b.example/mirror');
  });

  it('says of each mirror why it did not help', async () => {
    await fakeApt(['http://a.example/debian', 'http://b.example/mirror'], ['none']);
    await expect(fetchExecutable()).rejects.toThrow(
      /^apt-get failed: E: .*http:\/\/a\.example\/debian forky main; apt-get failed: E: .*http:\/\/b\.example\/mirror forky main$/,
    );
  });

  it('is not fetched where apt has no mirror', async () => {
    await fakeApt([], []);
    await expect(fetchExecutable()).rejects.toThrow('apt has no mirror configured');
  });

  it("is not fetched without Debian's keyring", async () => {
    await fakeApt(['http://a.example/debian'], []);
    await expect(fetchExecutable([])).rejects.toThrow(/keyring \(debian-archive-keyring\) is not there$/);
  });

  it('is not fetched where there is no apt', async () => {
    const source = debianPackageSource({ PATH: directory }, [keyring]);
    await expect(source.fetchExecutable(directory)).rejects.toThrow('apt-get is not there');
  });
});
