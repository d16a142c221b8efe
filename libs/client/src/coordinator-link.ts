import {
  type Address,
  errorOfCode,
  SEALED_MESSAGE,
  MalformedMessageError,
  type NamespaceDescription,
  partitionOf,
  type Refused,
  type ValueCodec,
} from '@ground-control/protocol';

import { Deadline } from './deadline.js';
import { failureError } from './failure-error.js';
import {
  type LinkRequest,
  type NamespaceRequest,
  REPLY_KINDS,
  type ReplyOf,
  type WorkflowRequest,
} from './replies.js';
import type { Body, RequestOptions, RequestPort } from './request-port.js';

/** A connection, or a way to one that is taken at the first request. */
export type LinkConnection = RequestPort | (() => Promise<RequestPort>);

export interface CoordinatorLinkOptions {
  /** How long a request waits for its reply, in milliseconds, where it says nothing else. @defaultValue 30000 */
  requestTimeoutMs?: number;
  /** Says in an error where a coordinator was looked for, such as `NATS at nats://127.0.0.1:4222`. */
  where?: string;
}

const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;

/**
 * Takes requests to the coordinator that can answer them, and gives back their typed replies; a refusal becomes the
 * error that it names. How many partitions there are it asks once.
 */
export class CoordinatorLink {
  readonly #connection: LinkConnection;
  readonly #requestTimeoutMs: number;
  readonly #where: string | undefined;
  #port: Promise<RequestPort> | undefined;
  #namespace: Promise<NamespaceDescription> | undefined;
  /** Both once they are there: nothing is waited for then. */
  #known: { port: RequestPort; partitions: number } | undefined;

  constructor(
    connection: LinkConnection,
    private readonly values: ValueCodec,
    options: CoordinatorLinkOptions = {},
  ) {
    this.#connection = connection;
    this.#requestTimeoutMs = options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS;
    this.#where = options.where;
  }

  /**
   * Asks the leader of the partition that has the request's workflow id.
   *
   * @throws GroundControlError of the code with which the request was refused
   * @throws CoordinatorUnavailableError when nobody answered in time
   */
  ask<R extends WorkflowRequest>(request: R, options: RequestOptions = {}): Promise<ReplyOf[R['kind']]> {
    if (!this.#known) return this.#askFirst(request, options);
    const { port, partitions } = this.#known;
    const timeoutMs = options.timeoutMs ?? this.#requestTimeoutMs;
    return this.#send(port, partitionAddress(request.workflowId, partitions), request, {
      ...options,
      timeoutMs,
    });
  }

  async #askFirst<R extends WorkflowRequest>(
    request: R,
    options: RequestOptions,
  ): Promise<ReplyOf[R['kind']]> {
    const deadline = this.#deadline(options);
    const { partitions } = await this.namespace(deadline);
    this.#known = { port: await this.#connect(), partitions };
    return this.ask(request, { ...options, timeoutMs: deadline.remainingMs });
  }

  /** Asks whichever coordinator answers. Throws as {@link ask} does. */
  askAny<R extends NamespaceRequest>(request: R, options: RequestOptions = {}): Promise<ReplyOf[R['kind']]> {
    return this.#exchange({ kind: 'coordinators' }, request, this.#deadline(options), options.signal);
  }

  /** Asks the leader of every partition the same, each as the function words it. Throws as {@link ask} does. */
  async askEach<R extends LinkRequest>(
    requestOf: (partition: number) => R,
    options: RequestOptions = {},
  ): Promise<ReplyOf[R['kind']][]> {
    return Promise.all(await this.#askLeaders(requestOf, options));
  }

  /** Asks the leader of one partition. */
  async askPartition<R extends LinkRequest>(
    partition: number,
    request: R,
    options: RequestOptions = {},
  ): Promise<ReplyOf[R['kind']]> {
    const address = { kind: 'partition', partition } as const;
    return this.#exchange(address, request, this.#deadline(options), options.signal);
  }

  /** As {@link askEach}, for who wants the answers of some leaders though others do not answer. */
  async settleEach<R extends LinkRequest>(
    requestOf: (partition: number) => R,
    options: RequestOptions = {},
  ): Promise<PromiseSettledResult<ReplyOf[R['kind']]>[]> {
    return Promise.allSettled(await this.#askLeaders(requestOf, options));
  }

  async #askLeaders<R extends LinkRequest>(
    requestOf: (partition: number) => R,
    options: RequestOptions,
  ): Promise<Promise<ReplyOf[R['kind']]>[]> {
    const deadline = this.#deadline(options);
    const { partitions } = await this.namespace(deadline);
    return Array.from({ length: partitions }, (_, partition) =>
      this.#exchange({ kind: 'partition', partition }, requestOf(partition), deadline, options.signal),
    );
  }

  /** How the namespace is laid out; asked once, by all callers together. */
  namespace(deadline: Deadline = this.#deadline({})): Promise<NamespaceDescription> {
    this.#namespace ??= this.#describeNamespace();
    return deadline.limit(this.#namespace);
  }

  // It waits for ever, because callers of different patience wait for it.
  async #describeNamespace(): Promise<NamespaceDescription> {
    try {
      const forever = new Deadline(Infinity);
      return await this.#exchange({ kind: 'coordinators' }, { kind: 'namespace.describe' }, forever);
    } catch (error) {
      this.#namespace = undefined;
      throw error;
    }
  }

  async #exchange<R extends LinkRequest>(
    to: Address,
    request: R,
    deadline: Deadline,
    signal?: AbortSignal,
  ): Promise<ReplyOf[R['kind']]> {
    const port = await deadline.limit(this.#connect());
    return this.#send(port, to, request, { timeoutMs: deadline.remainingMs, ...(signal && { signal }) });
  }

  async #send<R extends LinkRequest>(
    port: RequestPort,
    to: Address,
    request: R,
    options: RequestOptions,
  ): Promise<ReplyOf[R['kind']]> {
    return this.#read(request, await port.request(to, request, options));
  }

  #read<R extends LinkRequest>(request: R, reply: Body): ReplyOf[R['kind']] {
    if (reply.kind === REPLY_KINDS[request.kind]) return reply as ReplyOf[R['kind']];
    if (reply.kind === 'error') throw this.#refusal(reply as Refused);
    throw new MalformedMessageError(`${request.kind} was answered with ${reply.kind}.`);
  }

  #refusal({ code, message, details, failure }: Refused): Error {
    if (!failure) return errorOfCode(code, message, details);
    const cause = failureError(failure, this.values);
    const error = errorOfCode(
      code,
      message.replace(SEALED_MESSAGE, () => cause.message),
      details,
    );
    error.cause = cause;
    return error;
  }

  async #connect(): Promise<RequestPort> {
    if (typeof this.#connection !== 'function') return this.#connection;
    this.#port ??= this.#connection();
    try {
      return await this.#port;
    } catch (error) {
      this.#port = undefined;
      throw error;
    }
  }

  #deadline(options: RequestOptions): Deadline {
    return new Deadline(options.timeoutMs ?? this.#requestTimeoutMs, this.#where);
  }
}

function partitionAddress(workflowId: string, partitions: number): Address {
  return { kind: 'partition', partition: partitionOf(workflowId, partitions) };
}
