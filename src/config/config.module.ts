import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from './config.js';

/** The injection token of the `Config`: `@Inject(CONFIG) config: Config`. */
export const CONFIG = Symbol('CONFIG');

@Module({})
export class ConfigModule {
  /** Provides a configuration that has already been read, so that a test can provide its own. */
  static with(config: Config): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: CONFIG, useValue: config }],
      exports: [CONFIG],
    };
  }
}
