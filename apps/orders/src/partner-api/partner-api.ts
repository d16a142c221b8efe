import { TaskContext } from '@ground-control/nestjs';
import { Injectable } from '@nestjs/common';

/** What a partner answered a request with that it refused. */
export class PartnerError extends Error {
  override readonly name: string = 'PartnerError';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The companies that the shop deals with, over HTTP. */
@Injectable()
export class PartnerApi {
  readonly #url: string = process.env['PARTNERS_URL'] ?? 'http://127.0.0.1:4300';

  /**
   * Posts from inside a task. The task may run again, when its answer was lost: the key is then the same, so that
   * the partner does what it is asked for once.
   *
   * @throws PartnerError when the partner refuses
   */
  async post<T>(path: string, body: object): Promise<T> {
    const { idempotencyKey, signal } = TaskContext.current();
    const response = await fetch(new URL(path, this.#url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify(body),
      signal,
    });
    const answer = (await response.json()) as T & { message?: string };
    if (response.ok) return answer;
    throw new PartnerError(response.status, answer.message ?? response.statusText);
  }
}
