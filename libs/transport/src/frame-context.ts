import type { Address } from '@ground-control/protocol';
import { BaseRpcContext } from '@nestjs/microservices';

type FrameContextArgs = [from: string, correlation: number, address: Address];

/** What a Nest handler may know of the message it got: `@Ctx() context: FrameContext`. */
export class FrameContext extends BaseRpcContext<FrameContextArgs> {
  /** The id of the peer that sent it. */
  get from(): string {
    return this.args[0];
  }

  /** The request's number, the same on every retry of its sender; 0 for a notice. */
  get correlation(): number {
    return this.args[1];
  }

  /** What it was sent to. */
  get address(): Address {
    return this.args[2];
  }
}
