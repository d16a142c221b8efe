import { GroundControlError } from '@ground-control/nestjs';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpStatus } from '@nestjs/common';

const STATUS_OF_CODE: Record<string, HttpStatus> = {
  WORKFLOW_NOT_FOUND: HttpStatus.NOT_FOUND,
  WORKFLOW_ALREADY_RUNNING: HttpStatus.CONFLICT,
  INVALID_INPUT: HttpStatus.BAD_REQUEST,
  WORKFLOW_FAILED: HttpStatus.UNPROCESSABLE_ENTITY,
  RESULT_TIMEOUT: HttpStatus.GATEWAY_TIMEOUT,
  COORDINATOR_UNAVAILABLE: HttpStatus.SERVICE_UNAVAILABLE,
};

interface JsonResponse {
  status(code: number): { json(body: unknown): void };
}

/** Answers with the HTTP status that an error of Ground Control amounts to: they have codes to tell them apart. */
@Catch(GroundControlError)
export class GroundControlErrorFilter implements ExceptionFilter<GroundControlError> {
  catch({ code, message }: GroundControlError, host: ArgumentsHost): void {
    const status = STATUS_OF_CODE[code] ?? HttpStatus.INTERNAL_SERVER_ERROR;
    host.switchToHttp().getResponse<JsonResponse>().status(status).json({ code, message });
  }
}
