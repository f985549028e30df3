import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { expect, it } from 'vitest';
import { Config, readConfig } from './config.js';
import { ConfigModule } from './config.module.js';

@Injectable()
class Reader {
  constructor(readonly config: Config) {}
}

@Module({ providers: [Reader] })
class ReaderModule {}

it('hands the configuration to modules that do not import it', async () => {
  const config = readConfig({});
  const imports = [ConfigModule.forRoot(config), ReaderModule];
  const app = await Test.createTestingModule({ imports }).compile();
  expect(app.get(Reader, { strict: false }).config).toBe(config);
});
