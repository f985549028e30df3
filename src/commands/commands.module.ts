import { Module } from '@nestjs/common';
import { StoreModule } from '../store/store.module.js';
import { CommandExecutor } from './command-executor.js';

/** Provides the only component that changes users. */
@Module({ imports: [StoreModule], providers: [CommandExecutor], exports: [CommandExecutor] })
export class CommandsModule {}
