import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ERROR_CLASSES,
  errorOfCode,
  GroundControlError,
  TaskFailedError,
  WorkflowFailedError,
} from './errors.js';

const documented = [
  ...(readFileSync(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8')
    .split('## Of the embedded nats-server')[0]
    ?.matchAll(/^\| `([A-Z_]+)`\s*\| `(\w+)`/gm) ?? []),
].map(([, code, name]) => `${code} ${name}`);

const registered = [...ERROR_CLASSES, WorkflowFailedError, TaskFailedError, GroundControlError].map(
  (ErrorClass) => `${ErrorClass.code} ${ErrorClass.name}`,
);

describe('the registry of errors', () => {
  it('has every documented error, and documents every error', () => {
    expect(documented.toSorted()).toEqual(registered.toSorted());
  });

  it('gives each class a code of its own', () => {
    expect(new Set(registered.map((entry) => entry.split(' ')[0])).size).toBe(registered.length);
  });

  it('rebuilds an error from its code', () => {
    for (const ErrorClass of ERROR_CLASSES) {
      const error = errorOfCode(ErrorClass.code, 'why', { field: 1 });
      expect(error).toBeInstanceOf(ErrorClass);
      expect(error).toMatchObject({
        name: ErrorClass.name,
        code: ErrorClass.code,
        message: 'why',
        details: { field: 1 },
      });
    }
  });

  it('keeps a code that it does not know', () => {
    expect(errorOfCode('FROM_THE_FUTURE', 'why')).toMatchObject({
      code: 'FROM_THE_FUTURE',
      name: 'GroundControlError',
    });
  });
});
