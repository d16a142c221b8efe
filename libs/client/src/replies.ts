import type {
  Accepted,
  ClientRequest,
  ClusterDescription,
  DescribeCluster,
  DescribeNamespace,
  HistoryPage,
  ListWorkers,
  ListWorkflowTypes,
  NamespaceDescription,
  PartitionDescription,
  QueryAnswered,
  RunDescription,
  RunEnded,
  RunCounts,
  RunList,
  RunStarted,
  UpdateAnswered,
  Workers,
  WorkflowTypes,
} from '@ground-control/protocol';

/** What each request of a client is answered with when it is not refused. */
export interface ReplyOf {
  'workflow.start': RunStarted;
  'workflow.result': RunEnded;
  'workflow.describe': RunDescription;
  'workflow.history': HistoryPage;
  'workflow.send': Accepted;
  'workflow.query': QueryAnswered;
  'workflow.update': UpdateAnswered;
  'workflow.cancel': Accepted;
  'workflow.terminate': Accepted;
  'workflow.list': RunList;
  'workflow.count': RunCounts;
  'partition.describe': PartitionDescription;
  'namespace.describe': NamespaceDescription;
  'cluster.describe': ClusterDescription;
  'types.list': WorkflowTypes;
  'workers.list': Workers;
}

/** A request to the partition that has its workflow id. */
export type WorkflowRequest = Exclude<
  ClientRequest,
  { kind: 'workflow.list' | 'workflow.count' | 'partition.describe' }
>;
/** A request to whichever coordinator answers first. */
export type NamespaceRequest = DescribeNamespace | DescribeCluster | ListWorkflowTypes | ListWorkers;
export type LinkRequest = ClientRequest | NamespaceRequest;

/** The kind of the reply to each kind of request. */
export const REPLY_KINDS: { [Kind in keyof ReplyOf]: ReplyOf[Kind]['kind'] } = {
  'workflow.start': 'run.started',
  'workflow.result': 'run.ended',
  'workflow.describe': 'run.description',
  'workflow.history': 'history.page',
  'workflow.send': 'accepted',
  'workflow.query': 'query.answered',
  'workflow.update': 'update.answered',
  'workflow.cancel': 'accepted',
  'workflow.terminate': 'accepted',
  'workflow.list': 'run.list',
  'workflow.count': 'run.counts',
  'partition.describe': 'partition',
  'namespace.describe': 'namespace',
  'cluster.describe': 'cluster',
  'types.list': 'types',
  'workers.list': 'workers',
};
