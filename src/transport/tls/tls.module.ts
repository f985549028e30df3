import { Module } from '@nestjs/common';
import { Clock } from '../../clock/clock.js';
import { Config, tlsFilesOf } from '../../config/config.js';
import { CertificateWatch } from './certificate-watch.js';

/** The TLS setup of the gRPC port. `CertificateWatch` is undefined if the settings name no certificate. */
@Module({
  providers: [
    {
      provide: CertificateWatch,
      inject: [Config, Clock],
      useFactory: async (config: Config, clock: Clock) => {
        const files = tlsFilesOf(config);
        return files && (await CertificateWatch.create(files, clock));
      },
    },
  ],
  exports: [CertificateWatch],
})
export class TlsModule {}
