// A backend with NestJS:  AUTH_JWT_SECRET=... PORT=4000 npm start
// Signs tokens, keeps a table of when users were last seen, and kicks users. Ends with Ctrl-C.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

const {
  AUTH_JWT_SECRET: secret,
  PRESENCE_URL: presenceUrl = 'http://localhost:50051',
  DATABASE_FILE: databaseFile = 'database.json',
  PORT = '4000',
} = process.env;
if (!secret) {
  console.error('Usage: AUTH_JWT_SECRET=... PORT=4000 npm start');
  process.exit(2);
}

const app = await NestFactory.create(AppModule.with({ presenceUrl, secret, databaseFile }));
app.enableShutdownHooks();
await app.listen(PORT, '127.0.0.1');
console.log(`listening on ${await app.getUrl()}`);
