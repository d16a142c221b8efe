import { GroundControlError } from '@ground-control/protocol';
import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';

/**
 * Lets a {@link GroundControlError} through to the requester, with its code. Nest hides every error that is no
 * `RpcException` behind "Internal server error".
 *
 * @example
 * ```ts
 * { provide: APP_FILTER, useClass: GroundControlExceptionFilter }
 * ```
 */
@Catch(GroundControlError)
export class GroundControlExceptionFilter implements RpcExceptionFilter<GroundControlError, never> {
  catch(error: GroundControlError): Observable<never> {
    return throwError(() => error);
  }
}
