import { Module } from '@nestjs/common';
import { AuditLog } from './audit-log.js';

/** The log of what admins and moderators do. */
@Module({ providers: [AuditLog], exports: [AuditLog] })
export class AuditModule {}
