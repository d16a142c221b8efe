import type { Pool } from 'undici';

const HEADERS = { 'content-type': 'application/json' };

/** @throws Error when the answer is no success */
export async function postJson(pool: Pool, path: string, body: unknown): Promise<unknown> {
  const response = await pool.request({ method: 'POST', path, headers: HEADERS, body: JSON.stringify(body) });
  return read(path, response.statusCode, await response.body.text());
}

/** @throws Error when the answer is no success */
export async function getJson(pool: Pool, path: string): Promise<unknown> {
  const response = await pool.request({ method: 'GET', path });
  return read(path, response.statusCode, await response.body.text());
}

function read(path: string, status: number, text: string): unknown {
  if (status >= 200 && status < 300) return text === '' ? undefined : JSON.parse(text);
  throw new Error(`${path} was answered with ${status}: ${text.slice(0, 500)}`);
}
