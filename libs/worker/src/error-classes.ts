import {
  ERROR_CLASSES,
  GroundControlError,
  TaskFailedError,
  WorkflowFailedError,
} from '@ground-control/protocol';

/** A class of errors; it is never constructed from here. */
export type ErrorClass = abstract new (...args: never[]) => Error;

const builtIn: readonly ErrorClass[] = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
];
const ours = new Map<string, ErrorClass>(
  [GroundControlError, WorkflowFailedError, TaskFailedError, ...ERROR_CLASSES].map((it) => [it.name, it]),
);
const known = new Map<string, ErrorClass>(builtIn.map((it) => [it.name, it]));

/**
 * Makes a class known, so that an error of it that was recorded by another process comes back as one. Classes whose
 * errors were thrown by a task of this process, or that a retry policy lists, are known without it.
 */
export function registerErrorClass(errorClass: ErrorClass): void {
  if (errorClass.name) known.set(errorClass.name, errorClass);
}

/** Remembers the class of an error that was thrown. */
export function rememberErrorClass(error: Error): void {
  const errorClass = error.constructor as ErrorClass;
  if (ours.get(errorClass.name) !== errorClass) registerErrorClass(errorClass);
}

/** The class of a recorded error, when this process knows it. @param code what errors of Ground Control have */
export function errorClassOf(type: string, code: string | undefined): ErrorClass | undefined {
  return (code === undefined ? undefined : ours.get(type)) ?? known.get(type);
}

/** The class name of an error and those of its superclasses, and its name when it is another. */
export function errorTypes(error: Error): string[] {
  const types = new Set<string>([error.name]);
  for (let it: unknown = error; it instanceof Error; it = Object.getPrototypeOf(it)) {
    types.add(it.constructor.name);
  }
  return [...types];
}
