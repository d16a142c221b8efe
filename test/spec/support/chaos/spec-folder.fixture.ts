import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { runFolder } from './run.fixture.js';

/** Tells a worker process the folder of its spec. */
export const SPEC_FOLDER_VARIABLE = 'GROUND_CONTROL_CHAOS_SPEC_FOLDER';

let folder: string | undefined = process.env[SPEC_FOLDER_VARIABLE];

/** What the processes of this spec share: made by its tests, in the folder of the run, and removed with that. */
export function specFolder(): string {
  folder ??= mkdtempSync(join(runFolder, 'spec-'));
  return folder;
}
