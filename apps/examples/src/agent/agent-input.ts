import type { Duration } from '@ground-control/nestjs';
import { IsNotEmpty, IsOptional, IsString } from 'class-validator';

export class AgentInput {
  @IsString()
  @IsNotEmpty()
  request!: string;

  /** How long a question waits for its answer. Two days when it is absent. */
  @IsOptional()
  answerWithin?: Duration;
}
