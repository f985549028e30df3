import { Reflector } from '@nestjs/core';

/**
 * The way in which calls of a method are counted. `call` counts for the user; `command` also counts for the session
 * that it names; `heartbeat` counts as `command` does, but separately from all other calls; `stream` counts as several
 * calls, because opening a stream costs more.
 */
export type RateLimitClass = 'command' | 'heartbeat' | 'stream' | 'call';

/** Sets the rate limit class of a method. */
export const RateLimitAs = Reflector.createDecorator<RateLimitClass>();
