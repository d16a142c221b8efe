/** The bank said no; it will say so again. */
export class CardDeclinedError extends Error {
  override readonly name: string = 'CardDeclinedError';
}
