import { pathToFileURL } from 'node:url';

import { InvalidInputError } from '@ground-control/protocol';
import type { Type } from '@nestjs/common';

/** What `@Module` leaves on a class. */
const MODULE_METADATA = ['imports', 'providers', 'controllers', 'exports'];

/**
 * The Nest module that a file exports: the one of that name, or the only one.
 *
 * @throws InvalidInputError when there is none, or more than one and no name
 */
export async function loadModule(file: string, name: string | undefined): Promise<Type> {
  const exported = await load(file);
  const modules = Object.entries(exported).filter((entry): entry is [string, Type] => isModule(entry[1]));
  const found = name === undefined ? modules : modules.filter(([key]) => key === name);
  const [first] = found;
  if (first && found.every(([, module]) => module === first[1])) return first[1];
  if (found.length > 1)
    throw new InvalidInputError(
      `${file} exports several modules: say which with --export (${found.map(([key]) => key).join(', ')}).`,
    );
  throw new InvalidInputError(
    `${file} exports no ${name === undefined ? '@Module() class' : `@Module() class ${name}`}.`,
  );
}

async function load(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw new InvalidInputError(`${file} cannot be loaded: ${(error as Error).message}`, { cause: error });
  }
}

function isModule(value: unknown): boolean {
  return typeof value === 'function' && MODULE_METADATA.some((key) => Reflect.hasOwnMetadata(key, value));
}
