import { bullmq } from './bullmq.js';
import { dbos } from './dbos.js';
import type { EngineDefinition, EngineName } from './engine.js';
import { floor } from './floor.js';
import { groundControl } from './ground-control.js';
import { restate } from './restate.js';

export const ENGINES: Record<EngineName, EngineDefinition> = {
  'ground-control': groundControl('ground-control'),
  'ground-control-1p': groundControl('ground-control-1p', 1),
  restate: restate('restate'),
  'restate-4p': restate('restate-4p', 4),
  dbos,
  bullmq,
  floor,
};
