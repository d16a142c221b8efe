import { GroundControlModule } from '@ground-control/nestjs';
import { Module } from '@nestjs/common';

import { AgentModule } from './agent/agent.module.js';
import { ApprovalModule } from './approval/approval.module.js';
import { ChildrenModule } from './children/children.module.js';
import { PagesModule } from './pages/pages.module.js';
import { SagaModule } from './saga/saga.module.js';

@Module({
  imports: [
    // The servers come from GROUND_CONTROL_SERVERS.
    GroundControlModule.forRoot(),
    ApprovalModule,
    SagaModule,
    PagesModule,
    ChildrenModule,
    AgentModule,
  ],
})
export class AppModule {}
