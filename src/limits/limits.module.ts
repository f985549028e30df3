import { Module } from '@nestjs/common';
import { HeapLimit } from './heap-limit.js';
import { HeapUse } from './heap-use.js';
import { ReadLimit } from './read-limit.js';
import { RejectionCounters } from './rejection-counters.js';
import { SessionLimit } from './session-limit.js';
import { UserLimits } from './user-limits.js';

const LIMITS = [HeapLimit, HeapUse, ReadLimit, RejectionCounters, SessionLimit, UserLimits];

/** The limits of this node, for all users together and for each user. */
@Module({
  providers: LIMITS,
  exports: LIMITS,
})
export class LimitsModule {}
