import { readFileSync } from 'node:fs';
import { InvalidInputError } from '@ground-control/protocol';
import { credsAuthenticator, nkeyAuthenticator, type NodeConnectionOptions } from '@nats-io/transport-node';

/**
 * How to log in to NATS, from the environment: `GROUND_CONTROL_CREDS` (a file), `GROUND_CONTROL_NKEY_SEED` (a file),
 * `GROUND_CONTROL_USER` and `GROUND_CONTROL_PASSWORD`, or `GROUND_CONTROL_TOKEN`; and for TLS
 * `GROUND_CONTROL_TLS_CA`, `GROUND_CONTROL_TLS_CERT` and `GROUND_CONTROL_TLS_KEY` (files). docs/guides/security.md
 * tells who needs what.
 *
 * @throws InvalidInputError naming the variable whose file cannot be read, or which lacks another
 */
export function connectionFromEnvironment(env: NodeJS.ProcessEnv): NodeConnectionOptions {
  return { ...login(env), ...encryption(env) };
}

function login(env: NodeJS.ProcessEnv): NodeConnectionOptions {
  const creds = fileOf(env, 'GROUND_CONTROL_CREDS');
  if (creds) return { authenticator: credsAuthenticator(creds) };
  const seed = fileOf(env, 'GROUND_CONTROL_NKEY_SEED');
  if (seed) return { authenticator: nkeyAuthenticator(new TextEncoder().encode(seed.toString().trim())) };
  const token = env['GROUND_CONTROL_TOKEN'];
  if (token) return { token };
  const [user, pass] = [env['GROUND_CONTROL_USER'], env['GROUND_CONTROL_PASSWORD']];
  if (pass && !user) throw new InvalidInputError('GROUND_CONTROL_PASSWORD: set GROUND_CONTROL_USER too.');
  return user ? { user, ...(pass && { pass }) } : {};
}

function encryption(env: NodeJS.ProcessEnv): NodeConnectionOptions {
  const ca = fileOf(env, 'GROUND_CONTROL_TLS_CA')?.toString();
  const cert = fileOf(env, 'GROUND_CONTROL_TLS_CERT')?.toString();
  const key = fileOf(env, 'GROUND_CONTROL_TLS_KEY')?.toString();
  if ((cert === undefined) !== (key === undefined))
    throw new InvalidInputError('GROUND_CONTROL_TLS_CERT and GROUND_CONTROL_TLS_KEY: set both or none.');
  return ca || cert ? { tls: { ...(ca && { ca }), ...(cert && key && { cert, key }) } } : {};
}

function fileOf(env: NodeJS.ProcessEnv, name: string): Buffer | undefined {
  const path = env[name];
  if (!path) return undefined;
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new InvalidInputError(`${name}: ${path} cannot be read: ${String(cause)}`, { cause });
  }
}
