import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';

import { PartnersModule } from './partners.module.js';

// Stand-ins for the companies that a shop deals with: a payment gateway, a warehouse, a carrier. They are a process
// of their own, so that what they were asked for can be counted whatever happens to the shop.
const app = await NestFactory.create(PartnersModule, { logger: ['warn', 'error', 'fatal'] });
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 4300, '127.0.0.1');
