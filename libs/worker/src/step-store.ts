import {
  assertName,
  type Encoded,
  StoreKeyNotFoundError,
  StoreReadOnlyError,
  type StoreUpdate,
  type ValueCodec,
} from '@ground-control/protocol';
import type { Store } from '@ground-control/workflow';
import type { Type } from '@nestjs/common';
import { validated } from './validated.js';

/** A run's store as a step sees it: what was saved before, and over it what the step writes. */
export class StepStore implements Store {
  // Made by the first write: most steps of most workflows only read.
  private written: Map<string, Encoded | null> | undefined;

  constructor(
    private readonly saved: ReadonlyMap<string, Encoded>,
    private readonly values: ValueCodec,
  ) {}

  /** What the step wrote, in the order of the first write to each key. */
  get updates(): StoreUpdate[] {
    return this.written ? [...this.written] : [];
  }

  put(key: string, value: unknown): void {
    assertName(key, 'The store key');
    // Encoded now: a value that cannot be is the caller's error here, and what happens to the object later is not saved.
    this.write(key, this.values.seal(this.values.encodePlain(value, `store value ${key}`)));
  }

  delete(key: string): void {
    this.write(key, null);
  }

  get(key: string): Promise<unknown>;
  get<T extends object>(key: string, type: Type<T>): Promise<T>;
  async get<T extends object>(key: string, type?: Type<T>): Promise<unknown> {
    const encoded = this.encoded(key);
    if (!encoded) {
      throw new StoreKeyNotFoundError(
        `The store has no key ${JSON.stringify(key)}. Use store.find where it may be absent.`,
      );
    }
    const value = this.values.decode(encoded);
    return type ? validated(type, value, `The store value ${key}`) : value;
  }

  async find(key: string): Promise<unknown> {
    const encoded = this.encoded(key);
    return encoded && this.values.decode(encoded);
  }

  async has(key: string): Promise<boolean> {
    return this.encoded(key) !== undefined;
  }

  async keys(): Promise<string[]> {
    const keys = new Set(this.saved.keys());
    for (const [key, value] of this.updates) {
      if (value === null) keys.delete(key);
      else keys.add(key);
    }
    return [...keys];
  }

  private write(key: string, value: Encoded | null): void {
    (this.written ??= new Map<string, Encoded | null>()).set(key, value);
  }

  private encoded(key: string): Encoded | undefined {
    const written = this.written?.get(key);
    return written === undefined ? this.saved.get(key) : (written ?? undefined);
  }
}

/** The store of a query. */
export class ReadOnlyStore extends StepStore {
  override put(key: string): never {
    throw this.refusal(key);
  }

  override delete(key: string): never {
    throw this.refusal(key);
  }

  private refusal(key: string): StoreReadOnlyError {
    return new StoreReadOnlyError(`A query cannot write to the store (key ${JSON.stringify(key)}).`);
  }
}
