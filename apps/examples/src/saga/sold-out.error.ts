/** There is none left; there will be none when it is asked again. */
export class SoldOutError extends Error {
  override readonly name: string = 'SoldOutError';
}
