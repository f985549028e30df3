import { Module } from '@nestjs/common';
import { Clock } from '../../clock/clock.js';
import { Config } from '../../config/config.js';
import { CertificateWatch } from './certificate-watch.js';

/** The TLS setup of the gRPC port. `CertificateWatch` is undefined if the settings name no certificate. */
@Module({
  providers: [
    {
      provide: CertificateWatch,
      inject: [Config, Clock],
      useFactory: async ({ grpc }: Config, clock: Clock) =>
        grpc.tls && (await CertificateWatch.create(grpc.tls, clock)),
    },
  ],
  exports: [CertificateWatch],
})
export class TlsModule {}
