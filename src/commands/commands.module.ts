import { Global, Module } from '@nestjs/common';
import { CommandExecutor } from './command-executor.js';

/** The only way to change a user. */
@Global()
@Module({ providers: [CommandExecutor], exports: [CommandExecutor] })
export class CommandsModule {}
