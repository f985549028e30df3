import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from './config.js';

/** Injects the `Config`: `@Inject(CONFIG) config: Config`. */
export const CONFIG = Symbol('CONFIG');

@Module({})
export class ConfigModule {
  /** Gives every module a configuration that has already been read, so that a test can hand over its own. */
  static with(config: Config): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: CONFIG, useValue: config }],
      exports: [CONFIG],
    };
  }
}
