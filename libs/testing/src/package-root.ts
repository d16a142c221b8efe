import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE_NAME = '@ground-control/nestjs';
const COORDINATOR_MAIN = join('dist', 'apps', 'coordinator', 'src', 'main.js');

/**
 * The program that a coordinator process runs: beside this file in an installed package, and in `dist` in a checkout.
 *
 * @throws Error saying what to run when it has not been built
 */
export function coordinatorMain(from: string = fileURLToPath(import.meta.url)): string {
  const main = join(packageRoot(dirname(from)), COORDINATOR_MAIN);
  if (existsSync(main)) return main;
  throw new Error(`The coordinator is not built: there is no ${main}. Run: npm run build`);
}

function packageRoot(folder: string): string {
  if (nameOf(folder) === PACKAGE_NAME) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`No folder above holds the package.json of ${PACKAGE_NAME}.`);
  return packageRoot(parent);
}

function nameOf(folder: string): unknown {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown }).name;
}
