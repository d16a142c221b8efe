import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import type {
  ClientRequest,
  RegisterWorker,
  Reply,
  ShareRoom,
  WorkerHeartbeat,
  WorkerLeave,
} from '@ground-control/protocol';
import { FRAMES, FrameContext } from '@ground-control/transport';
import { CoordinatorHost } from './coordinator.host.js';

/** No answer: another coordinator gives one, or this one when it is asked again. */
function silence(): Promise<Reply> {
  return new Promise(() => {});
}

/** What every coordinator answers: how the namespace is laid out, who works in it, and the workers' reports of themselves. */
@Controller()
export class NamespaceController {
  constructor(private readonly host: CoordinatorHost) {}

  @MessagePattern('namespace.describe', FRAMES)
  describe(): Reply {
    return this.host.coordinator.describeNamespace();
  }

  @MessagePattern('cluster.describe', FRAMES)
  cluster(): Reply {
    return this.host.coordinator.describeCluster();
  }

  @MessagePattern('types.list', FRAMES)
  types(): Reply | Promise<Reply> {
    return this.host.coordinator.listTypes() ?? silence();
  }

  @MessagePattern('workers.list', FRAMES)
  workers(): Reply | Promise<Reply> {
    return this.host.coordinator.listWorkers() ?? silence();
  }

  @MessagePattern('worker.register', FRAMES)
  register(@Payload() request: RegisterWorker): Promise<Reply> {
    return this.host.coordinator.register(request);
  }

  @MessagePattern('worker.heartbeat', FRAMES)
  heartbeat(@Payload() request: WorkerHeartbeat): Reply {
    return this.host.coordinator.heartbeat(request);
  }

  @MessagePattern('worker.share', FRAMES)
  share(@Payload() request: ShareRoom): Reply {
    return this.host.coordinator.shareRoom(request);
  }

  @MessagePattern('worker.leave', FRAMES)
  leave(@Payload() { workerId }: WorkerLeave): Reply {
    return this.host.coordinator.leave(workerId);
  }
}

/**
 * What the leader of a partition answers about its runs. Starts, results and the workers' records are as frequent as
 * runs themselves and go to the leader past Nest's pipeline, by {@link CoordinatorHost}.
 */
@Controller()
export class RunsController {
  constructor(private readonly host: CoordinatorHost) {}

  @MessagePattern(
    [
      'workflow.describe',
      'workflow.history',
      'workflow.list',
      'workflow.count',
      'workflow.send',
      'workflow.query',
      'workflow.update',
      'workflow.cancel',
      'workflow.terminate',
      'partition.describe',
    ] satisfies ClientRequest['kind'][],
    FRAMES,
  )
  ask(@Payload() request: { kind: string }, @Ctx() context: FrameContext): Promise<Reply> {
    return this.host.ask(request, context);
  }
}
