import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, type ArgumentMetadata, type PipeTransform, type Type } from '@nestjs/common';
import { validateSync } from 'class-validator';
import { MalformedMessageError, type LazyRequest } from '../transport/call/lazy-request.js';
import { isValid } from './compiled-validator.js';
import type { FieldViolation } from '../transport/call/status-error.js';
import { invalidRequest } from './error-status.js';

/** Decodes a request and checks it against the class-validator rules of its class before the controller receives it. */
@Injectable()
export class ProtoValidationPipe implements PipeTransform {
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (type !== 'body' || metatype === undefined) return value;
    const message = (value as LazyRequest).consume();
    // A promise for each request would cost measurable time.
    if (message instanceof Promise) {
      return message.then((decoded: object) => checkInSlices(decoded, metatype));
    }
    return checked(message, metatype);
  }
}

/**
 * Checks a large request. Yields to the event loop before and after, because the steps around the check also take
 * milliseconds.
 */
async function checkInSlices(message: object, metatype: Type): Promise<object> {
  await nextTurn();
  const request = checked(message, metatype);
  await nextTurn();
  return request;
}

function checked(message: object, metatype: Type): object {
  if (message instanceof MalformedMessageError) {
    const { field, message: description } = message;
    throw invalidRequest('MALFORMED_REQUEST', [{ field, description }]);
  }
  const request = Object.assign(new metatype() as object, message);
  if (isValid(request, metatype)) return request;
  const errors = validateSync(request, { stopAtFirstError: true, forbidUnknownValues: false });
  if (errors.length === 0) return request;
  throw invalidRequest(
    'INVALID_FIELD',
    errors.map(({ property, constraints }): FieldViolation => {
      const [description = 'is not valid'] = Object.values(constraints ?? {});
      return { field: snakeCase(property), description };
    }),
  );
}

/** Converts a field name to the spelling of the contract: `channelId` to `channel_id`. */
function snakeCase(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
