import type { Type } from '@nestjs/common';

/**
 * What a run keeps from step to step. Writes are buffered: they are saved with the step's outcome, all of them or none;
 * reads see the step's own writes.
 *
 * @typeParam S the keys and the types of their values
 */
export interface Store<S = Record<string, unknown>> {
  /** @throws UnencodableValueError, PayloadTooLargeError */
  put<K extends keyof S & string>(key: K, value: S[K]): void;
  delete(key: keyof S & string): void;
  /** @throws StoreKeyNotFoundError when the key is absent */
  get<K extends keyof S & string>(key: K): Promise<Required<S>[K]>;
  /**
   * Rebuilds an instance of the class with class-transformer and checks it with class-validator.
   *
   * @throws StoreKeyNotFoundError when the key is absent
   * @throws InvalidInputError when the value does not pass; `details` lists the fields
   */
  get<T extends object>(key: keyof S & string, type: Type<T>): Promise<T>;
  find<K extends keyof S & string>(key: K): Promise<S[K] | undefined>;
  has(key: keyof S & string): Promise<boolean>;
  keys(): Promise<string[]>;
}
