import { errorOfCode, GroundControlError, type Refused } from '@ground-control/protocol';
import type { Body } from './body.js';

/** The reply that tells a requester of an error: by its code where it has one, as `GROUND_CONTROL` otherwise. */
export function refusalOf(error: unknown): Refused {
  if (error instanceof GroundControlError) return refusal(error.code, error.message, error.details);
  return refusal(GroundControlError.code, error instanceof Error ? error.message : String(error));
}

/** The error of a refusal; a body that is none gives undefined. */
export function errorOfRefusal(body: Body): GroundControlError | undefined {
  if (body.kind !== 'error') return undefined;
  const { code, message, details } = body as Body & Record<'code' | 'message' | 'details', unknown>;
  return errorOfCode(textOr(GroundControlError.code, code), textOr('refused', message), details);
}

function textOr(fallback: string, value: unknown): string {
  return typeof value === 'string' ? value : fallback;
}

function refusal(code: string, message: string, details?: unknown): Refused {
  return details === undefined ? { kind: 'error', code, message } : { kind: 'error', code, message, details };
}
