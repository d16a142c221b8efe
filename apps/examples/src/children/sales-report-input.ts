import { ArrayNotEmpty, ArrayUnique, IsString } from 'class-validator';

export class SalesReportInput {
  @IsString()
  month!: string;

  /** Each is the id of a child, so none is named twice. */
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsString({ each: true })
  regions!: string[];
}
