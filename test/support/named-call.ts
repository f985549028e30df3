import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';

/** The result of a gRPC call: its headers, and the error if it failed. */
export interface NamedAnswer {
  readonly headers: Metadata;
  readonly error: ServiceError | null;
}

/**
 * Makes a unary call with the given headers on a separate connection. `request` is already encoded.
 */
export async function callWithHeaders(
  address: string,
  method: string,
  request: Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<NamedAnswer> {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const asIs = (bytes: Buffer): Buffer => bytes;
  let ofAnswer = new Metadata();
  const error = await new Promise<ServiceError | null>((resolve) => {
    client
      .makeUnaryRequest(
        `/presence.v1.${method}`,
        asIs,
        asIs,
        Buffer.from(request),
        metadata,
        resolve,
      )
      .on('metadata', (received) => (ofAnswer = received));
  });
  client.close();
  return { headers: ofAnswer, error };
}
