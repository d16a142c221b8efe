import { Module } from '@nestjs/common';

import { PartnerApi } from './partner-api.js';

@Module({ providers: [PartnerApi], exports: [PartnerApi] })
export class PartnerApiModule {}
