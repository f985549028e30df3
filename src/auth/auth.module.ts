import { Module } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import { createVerificationKeys } from './create-verification-keys.js';
import { DevelopmentKey } from './development-key.js';
import { TokenVerifier } from './token-verifier.js';
import { VERIFICATION_KEYS, type VerificationKeys } from './verification-keys.js';

@Module({
  providers: [
    DevelopmentKey,
    {
      provide: VERIFICATION_KEYS,
      inject: [Config, DevelopmentKey],
      useFactory: ({ auth }: Config, { secret }: DevelopmentKey) =>
        createVerificationKeys(secret === undefined ? auth : { secrets: [secret] }),
    },
    {
      provide: TokenVerifier,
      inject: [VERIFICATION_KEYS, Config, Clock],
      useFactory: (keys: VerificationKeys, { auth, access }: Config, clock: Clock) =>
        new TokenVerifier(keys, { ...auth, access }, clock),
    },
  ],
  exports: [DevelopmentKey, TokenVerifier],
})
export class AuthModule {}
