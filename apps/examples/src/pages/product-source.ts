import { Injectable } from '@nestjs/common';

export interface Product {
  id: string;
  title: string;
}

export interface Page {
  products: Product[];
  /** Where the next page begins; absent on the last one. */
  next?: string;
}

const PRODUCTS = 1_000;
const PAGE_SIZE = 50;

/** Stands in for the API of a supplier, who gives out their products a page at a time. */
@Injectable()
export class ProductSource {
  /** @param cursor what the page before said; absent for the first one */
  async page(cursor?: string): Promise<Page> {
    const first = Number(cursor ?? 0);
    const end = Math.min(first + PAGE_SIZE, PRODUCTS);
    const products = Array.from({ length: end - first }, (_, index) => productOf(first + index));
    return end < PRODUCTS ? { products, next: String(end) } : { products };
  }
}

function productOf(number: number): Product {
  return { id: `p-${number}`, title: `Product ${number}` };
}
