import { Module, type DynamicModule } from '@nestjs/common';
import { PresenceClientModule, PresencePositionStore } from '@presence-service/nestjs';
import { Database } from './database.js';
import { LastSeen } from './last-seen.service.js';
import { UsersController } from './users.controller.js';

export interface Settings {
  /** The gRPC port of the presence service. */
  readonly presenceUrl: string;
  /** AUTH_JWT_SECRET of the presence service. */
  readonly secret: string;
  readonly databaseFile: string;
}

@Module({})
export class AppModule {
  static with({ presenceUrl, secret, databaseFile }: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [PresenceClientModule.forRoot({ url: presenceUrl, tokens: { secret } })],
      controllers: [UsersController],
      providers: [
        LastSeen,
        { provide: Database, useFactory: () => new Database(databaseFile) },
        { provide: PresencePositionStore, useExisting: Database },
      ],
    };
  }
}
