import { Injectable } from '@nestjs/common';

const SALES: ReadonlyMap<string, number> = new Map([
  ['north', 120_000],
  ['south', 95_500],
  ['east', 70_250],
]);

/** There are no such numbers, and there will be none later. */
export class UnknownRegionError extends Error {
  override readonly name: string = 'UnknownRegionError';
}

/** Stands in for the systems of the regions. */
@Injectable()
export class SalesService {
  /** @returns cents */
  async salesOf(region: string, _month: string): Promise<number> {
    const sales = SALES.get(region);
    if (sales === undefined) throw new UnknownRegionError(`There are no sales of ${region}.`);
    return sales;
  }
}
