import {
  credentials,
  loadPackageDefinition,
  type Client,
  type ClientReadableStream,
  type ServiceError,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';
import { StreamReader } from './stream-reader.js';

export interface HealthStatus {
  readonly status: 'UNKNOWN' | 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
}

interface Stub extends Client {
  check(
    request: { readonly service: string },
    callback: (error: ServiceError | null, response?: HealthStatus) => void,
  ): void;
  watch(request: { readonly service: string }): ClientReadableStream<HealthStatus>;
}

/** A client of `grpc.health.v1.Health`, like those of load balancers and orchestrators. */
export class HealthClient {
  private readonly stub: Stub;

  constructor(address: string) {
    const loaded = loadPackageDefinition(loadSync(protoPath, { enums: String }));
    const packages = loaded as unknown as {
      readonly grpc: { readonly health: { readonly v1: { Health: ServiceClientConstructor } } };
    };
    const Health = packages.grpc.health.v1.Health;
    this.stub = new Health(address, credentials.createInsecure()) as unknown as Stub;
  }

  check(service: string): Promise<HealthStatus['status']> {
    return new Promise((resolve, reject) => {
      this.stub.check({ service }, (error, response) =>
        error ? reject(error) : resolve(response!.status),
      );
    });
  }

  watch(service: string): StreamReader<HealthStatus> {
    return new StreamReader(this.stub.watch({ service }));
  }

  close(): void {
    this.stub.close();
  }
}
