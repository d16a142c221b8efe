import type { Duration } from '@ground-control/nestjs';
import { IsInt, IsNotEmpty, IsOptional, IsPositive, IsString } from 'class-validator';

/** An expense that somebody wants to be paid back. */
export class ExpenseInput {
  @IsString()
  @IsNotEmpty()
  employee!: string;

  @IsString()
  @IsNotEmpty()
  purpose!: string;

  /** In cents. */
  @IsInt()
  @IsPositive()
  amount!: number;

  /** How long the manager has got. Three days when it is absent. */
  @IsOptional()
  decideWithin?: Duration;
}
