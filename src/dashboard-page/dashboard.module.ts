import type { ServerResponse } from 'node:http';
import { Module, type DynamicModule } from '@nestjs/common';
import { ServeStaticModule, type ServeStaticModuleOptions } from '@nestjs/serve-static';
import helmet from 'helmet';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { Config } from '../config/config.js';
import { LimitsModule } from '../limits/limits.module.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { StoreModule } from '../store/store.module.js';
import { DashboardController } from './dashboard.controller.js';
import { DashboardLink, FOLDER, isBuilt } from './dashboard-link.js';
import { MetricsHistory } from './metrics-history.js';

/** File names in this folder contain a hash of the content, so a file never changes. */
const HASHED = /[/\\]assets[/\\]/;

const setSecurityHeaders = helmet({
  // The page may only run its own script and style, and call its own service.
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  xFrameOptions: { action: 'deny' },
  // The proxy that adds TLS decides whether a host must always use it.
  strictTransportSecurity: false,
});

const STATIC_FILES: ServeStaticModuleOptions = {
  rootPath: FOLDER,
  // By default the page would also be the response for every unknown path.
  renderPath: '/',
  serveStaticOptions: { redirect: false, setHeaders },
};

/** Sets the headers of a file. Responses without a file keep theirs. */
function setHeaders(response: ServerResponse, path: string): void {
  setSecurityHeaders(response.req, response, () => {});
  const isHashed = HASHED.test(path.slice(FOLDER.length));
  response.setHeader(
    'cache-control',
    isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  );
}

/**
 * Serves the static files of the dashboard, and the data that only the dashboard needs. The files hold no data: the
 * dashboard reads all data with calls that need a token.
 */
@Module({
  imports: [
    AuditModule,
    AuthModule,
    LimitsModule,
    MetricsModule,
    RevocationModule,
    StoreModule,
    ServeStaticModule.forRootAsync({
      inject: [Config],
      useFactory: ({ http }: Config) => (http.api && isBuilt() ? [STATIC_FILES] : []),
    }),
  ],
  providers: [DashboardLink],
})
export class DashboardModule {
  static forRoot({ http }: Config): DynamicModule {
    const module = DashboardModule;
    return http.api
      ? { module, controllers: [DashboardController], providers: [MetricsHistory] }
      : { module };
  }
}
