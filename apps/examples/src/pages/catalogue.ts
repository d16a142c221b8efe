import { Injectable } from '@nestjs/common';

import type { Product } from './product-source.js';

/** Stands in for a database. */
@Injectable()
export class Catalogue {
  private readonly products = new Map<string, Product>();

  get size(): number {
    return this.products.size;
  }

  /** A product that is saved twice is there once. */
  async save(products: Product[]): Promise<void> {
    for (const product of products) this.products.set(product.id, product);
  }
}
