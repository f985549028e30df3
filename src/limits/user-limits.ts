import { Inject, Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { CallLimits } from './call-limits.js';
import { Patience } from './patience.js';

/** How often users may call this node, whichever part of it. */
@Injectable()
export class UserLimits {
  readonly calls: CallLimits;
  /** Apart, or a client that calls too much would lose its session to heartbeats that are refused. */
  readonly heartbeats: CallLimits;
  readonly patience: Patience;

  constructor(@Inject(CONFIG) { limits }: Config) {
    this.calls = new CallLimits(limits);
    this.heartbeats = new CallLimits(limits);
    this.patience = new Patience(limits.refusedCallsPerSecond);
  }
}
