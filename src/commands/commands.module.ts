import { Global, Module } from '@nestjs/common';
import { CommandExecutor } from './command-executor.js';

/** Provides the only component that changes users. */
@Global()
@Module({ providers: [CommandExecutor], exports: [CommandExecutor] })
export class CommandsModule {}
