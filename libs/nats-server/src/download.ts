/** Limits of one download. */
export interface DownloadLimits {
  /** How long the server may take until it begins to answer, connecting included, in milliseconds. */
  responseTimeoutMs: number;
  /** How long the whole download may take, in milliseconds. */
  totalTimeoutMs: number;
  maxBytes: number;
}

/**
 * Fetches a file over https; plain http is for this machine's own loopback addresses only.
 *
 * @throws Error that says which limit was exceeded, what the server answered, or why it was not reached
 */
export async function download(url: string, limits: DownloadLimits): Promise<Buffer> {
  assertPrivate(url);
  try {
    const response = await respond(url, limits);
    assertPrivate(response.url);
    return await readBody(response, limits.maxBytes);
  } catch (error) {
    throw new Error(`${url}: ${describe(error)}`, { cause: error });
  }
}

async function respond(url: string, limits: DownloadLimits): Promise<Response> {
  const unanswered = new AbortController();
  const error = new Error(`no answer within ${limits.responseTimeoutMs / 1000} s`);
  const timer = setTimeout(() => unanswered.abort(error), limits.responseTimeoutMs);
  const signal = AbortSignal.any([unanswered.signal, AbortSignal.timeout(limits.totalTimeoutMs)]);
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return response;
  } finally {
    clearTimeout(timer);
  }
}

async function readBody(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function assertPrivate(url: string): void {
  const { protocol, hostname } = new URL(url);
  const loopback = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  if (protocol === 'https:' || (protocol === 'http:' && loopback)) return;
  throw new Error(`${url} is not https`);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
