import { IsInt, IsNotEmpty, IsPositive, IsString, MaxLength } from 'class-validator';

/** An order, as it is placed over HTTP and as the workflow gets it. */
export class OrderInput {
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  orderId!: string;

  @IsString()
  @IsNotEmpty()
  itemId!: string;

  @IsInt()
  @IsPositive()
  qty!: number;

  /** What the order costs, in cents. */
  @IsInt()
  @IsPositive()
  amount!: number;
}
