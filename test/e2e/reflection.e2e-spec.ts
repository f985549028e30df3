import { createRequire } from 'node:module';
import { create, createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import {
  credentials,
  loadPackageDefinition,
  status,
  type Client,
  type ClientDuplexStream,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterEach, describe, expect, it } from 'vitest';
import { Service } from '../support/service.js';
import { StreamReader } from '../support/stream-reader.js';

const PROTO = createRequire(import.meta.url).resolve(
  '@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
);

interface Answer {
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] };
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] };
  readonly errorResponse?: { readonly errorCode: number };
}

interface Stub extends Client {
  serverReflectionInfo(): ClientDuplexStream<object, Answer>;
}

/** Sends one request after the other, as grpcurl does. */
class ReflectionClient {
  private readonly stub: Stub;
  private readonly call: ClientDuplexStream<object, Answer>;
  readonly answers: StreamReader<Answer>;

  constructor(address: string) {
    const loaded = loadPackageDefinition(loadSync(PROTO)) as unknown as {
      grpc: { reflection: { v1: { ServerReflection: ServiceClientConstructor } } };
    };
    const ServerReflection = loaded.grpc.reflection.v1.ServerReflection;
    this.stub = new ServerReflection(address, credentials.createInsecure()) as unknown as Stub;
    this.call = this.stub.serverReflectionInfo();
    this.answers = new StreamReader<Answer>(this.call);
  }

  ask(question: object): Promise<Answer> {
    this.call.write(question);
    return this.answers.next();
  }

  close(): void {
    this.call.end();
    this.stub.close();
  }
}

describe('Reflection', () => {
  let service: Service;
  let client: ReflectionClient;
  afterEach(async () => {
    client.close();
    await service.stop();
  });

  async function start(settings: Readonly<Record<string, string>>): Promise<void> {
    service = await Service.start(settings);
    client = new ReflectionClient(service.address());
  }

  async function servicesListed(): Promise<readonly string[]> {
    const { listServicesResponse } = await client.ask({ listServices: '*' });
    return listServicesResponse!.service.map(({ name }) => name);
  }

  const contract = [
    'grpc.health.v1.Health',
    'presence.v1.EventsService',
    'presence.v1.PresenceService',
    'presence.v1.SessionService',
  ];

  it('lists the services without a token', async () => {
    await start({});
    expect(await servicesListed()).toEqual(expect.arrayContaining(contract));
  });

  // A client with a descriptor pool in test/foreign checks that they are complete and consistent.
  it.each([
    'presence.v1.SessionService',
    'presence.v1.PresenceService',
    'presence.v1.EventsService',
    'presence.v1.SubscribeResponse',
    'presence.v1.Presence',
    'grpc.health.v1.Health',
  ])('gives the files that describe %s', async (fileContainingSymbol) => {
    await start({});
    const { fileDescriptorResponse } = await client.ask({ fileContainingSymbol });
    const files = fileDescriptorResponse!.fileDescriptorProto.map((file) =>
      file.toString('latin1'),
    );
    expect(files[0]).toContain(fileContainingSymbol.split('.').at(-1));
  });

  // protobuf-es looks up types by their full names only.
  it('gives files with their real names, whose imports are complete', async () => {
    await start({});
    const fileContainingSymbol = 'presence.v1.EventsService';
    const { fileDescriptorResponse } = await client.ask({ fileContainingSymbol });
    const files = fileDescriptorResponse!.fileDescriptorProto.map((bytes) =>
      fromBinary(FileDescriptorProtoSchema, bytes),
    );
    expect(files.map(({ name }) => name).sort()).toEqual([
      'google/protobuf/timestamp.proto',
      'presence/v1/events_service.proto',
      'presence/v1/presence.proto',
    ]);
    // A set must name each file after its imports.
    const file = files.sort((a, b) => a.dependency.length - b.dependency.length);
    const types = createFileRegistry(create(FileDescriptorSetSchema, { file }));
    const response = types.getMessage('presence.v1.SubscribeResponse');
    expect(response?.fields.map(({ message }) => message?.typeName)).toEqual([
      'presence.v1.PresenceEvent',
      'presence.v1.Presence',
      undefined,
      undefined,
    ]);
  });

  it('returns NOT_FOUND for unknown names, and continues', async () => {
    await start({});
    const { errorResponse } = await client.ask({ fileContainingSymbol: 'presence.v1.Nothing' });
    expect(errorResponse?.errorCode).toBe(status.NOT_FOUND);
    expect(await servicesListed()).not.toEqual([]);
  });

  it('is disabled in production', async () => {
    await start({ NODE_ENV: 'production' });
    await expect(client.ask({ listServices: '*' })).rejects.toThrow();
    expect(status[(await client.answers.ended).code]).toBe('UNIMPLEMENTED');
  });
});
