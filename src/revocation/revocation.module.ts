import { Module } from '@nestjs/common';
import { TokenRevocations } from '../auth/token-revocations.js';
import { CommandsModule } from '../commands/commands.module.js';
import { StoreModule } from '../store/store.module.js';
import { RevocationSweeper } from './revocation-sweeper.js';
import { StoreTokenRevocations } from './store-token-revocations.js';

/** Says which tokens `RevokeTokens` has revoked, and forgets revocations that are not needed any more. */
@Module({
  imports: [CommandsModule, StoreModule],
  providers: [{ provide: TokenRevocations, useClass: StoreTokenRevocations }, RevocationSweeper],
  exports: [TokenRevocations],
})
export class RevocationModule {}
