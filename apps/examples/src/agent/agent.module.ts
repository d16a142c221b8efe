import { Module } from '@nestjs/common';

import { AgentTools } from './agent.tools.js';
import { AgentWorkflow } from './agent.workflow.js';
import { MODEL } from './model.js';
import { ModelTasks } from './model.tasks.js';
import { Restaurants } from './restaurants.js';
import { ScriptedModel } from './scripted.model.js';

@Module({
  providers: [
    AgentWorkflow,
    AgentTools,
    ModelTasks,
    Restaurants,
    { provide: MODEL, useClass: ScriptedModel },
  ],
})
export class AgentModule {}
