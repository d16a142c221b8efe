import { InvalidInputError } from '@ground-control/protocol';
import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';

/** A field that does not pass, and why. */
export interface InvalidField {
  /** The way to the field, for example `items.0.quantity`. */
  field: string;
  errors: string[];
}

/**
 * Rebuilds an instance of the class from plain data and checks it. What is absent is checked as if it were empty.
 *
 * @param what names the value in the error
 * @throws InvalidInputError whose `details` are the {@link InvalidField}s
 */
export async function validated<T extends object>(type: Type<T>, value: unknown, what: string): Promise<T> {
  const instance = plainToInstance(type, value ?? {});
  if (typeof instance !== 'object' || Array.isArray(instance)) {
    throw new InvalidInputError(
      `${what} must be an object (${type.name}), not ${Array.isArray(value) ? 'an array' : typeof value}.`,
    );
  }
  const errors = await validate(instance, { forbidUnknownValues: false });
  if (errors.length === 0) return (value ?? undefined) === undefined ? (value as T) : instance;
  const fields = errors.flatMap((error) => fieldsOf(error, ''));
  const spelled = fields.map((field) => `${field.field}: ${field.errors.join(', ')}`).join('; ');
  throw new InvalidInputError(`${what} is not valid. ${spelled}`, { details: fields });
}

function fieldsOf(error: ValidationError, prefix: string): InvalidField[] {
  const field = prefix + error.property;
  const own = error.constraints ? [{ field, errors: Object.values(error.constraints) }] : [];
  return [...own, ...(error.children ?? []).flatMap((child) => fieldsOf(child, `${field}.`))];
}
