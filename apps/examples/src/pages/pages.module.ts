import { Module } from '@nestjs/common';

import { Catalogue } from './catalogue.js';
import { ImportTasks } from './import.tasks.js';
import { ImportWorkflow } from './import.workflow.js';
import { ProductSource } from './product-source.js';

@Module({ providers: [ImportWorkflow, ImportTasks, ProductSource, Catalogue] })
export class PagesModule {}
