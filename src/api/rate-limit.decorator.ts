import { Reflector } from '@nestjs/core';

/**
 * How a method's calls are counted: `command` for the session that is named, too; `heartbeat` the same, but apart from
 * everything else; `stream` as several calls, for what it takes to open one. Others are calls of their user.
 */
export type RateLimitClass = 'command' | 'heartbeat' | 'stream' | 'call';

/** Says it of a method. */
export const RateLimitAs = Reflector.createDecorator<RateLimitClass>();
