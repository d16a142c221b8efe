import { Task } from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';

import { Catalogue } from './catalogue.js';
import { ProductSource } from './product-source.js';

/** What there is to know of a page that was imported. */
export interface ImportedPage {
  count: number;
  next?: string | undefined;
}

@Injectable()
export class ImportTasks {
  constructor(
    private readonly source: ProductSource,
    private readonly catalogue: Catalogue,
  ) {}

  /**
   * What a task returns is recorded, so this one returns what the run needs to go on, and not the products. It may run
   * twice for a page, which is harmless, since saving is.
   */
  @Task({ retry: { maxAttempts: 5, initialDelay: '200ms', maxDelay: '30s', jitter: 0.2 }, timeout: '30s' })
  async importPage(cursor: string | undefined): Promise<ImportedPage> {
    const { products, next } = await this.source.page(cursor);
    await this.catalogue.save(products);
    return { count: products.length, next };
  }
}
