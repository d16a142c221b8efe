import { IsNotEmpty, IsString } from 'class-validator';

export class TripInput {
  @IsString()
  @IsNotEmpty()
  traveller!: string;

  @IsString()
  @IsNotEmpty()
  to!: string;
}
