import { monotonicFactory } from 'ulid';

/** Makes an id: a ULID that sorts after all that this process made before, also within one millisecond. */
export const newId: () => string = monotonicFactory();
