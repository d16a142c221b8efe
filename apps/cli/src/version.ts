import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The version of the package that this program is part of. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile(fileURLToPath(import.meta.url)), 'utf8')) as {
    version: string;
  };
  return version;
}

/** The nearest package.json above, wherever this was built to. */
function packageFile(from: string): string {
  const file = join(dirname(from), 'package.json');
  if (existsSync(file) || dirname(from) === from) return file;
  return packageFile(dirname(from));
}
