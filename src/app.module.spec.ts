import { ModulesContainer } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { expect, it } from 'vitest';
import { AppModule } from './app.module.js';
import { readConfig } from './config/config.js';

/** The global modules of Nest itself. */
const OF_NEST = ['InternalCoreModule', 'ScheduleModule'];

it('makes only the configuration and the clock global', async () => {
  const imports = [AppModule.forRoot(readConfig({ LOG_LEVEL: 'error' }))];
  const app = await Test.createTestingModule({ imports }).compile();
  const modules = [...app.get(ModulesContainer).values()];
  const globals = modules.filter(({ isGlobal }) => isGlobal).map(({ metatype }) => metatype.name);
  expect(globals.filter((name) => !OF_NEST.includes(name)).toSorted()).toEqual([
    'ClockModule',
    'ConfigModule',
  ]);
});
