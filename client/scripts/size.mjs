// Measures the bytes that the library adds to a page: bundled as an app would do it, minified and compressed.
//   npm run size --prefix client
import { Buffer } from 'node:buffer';
import { URL, fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const programs = {
  'createPresenceClient alone':
    "import { createPresenceClient } from '@presence-service/client'; globalThis.it = createPresenceClient;",
  'everything, with the tracking of activity':
    "import * as client from '@presence-service/client'; import * as activity from '@presence-service/client/activity'; globalThis.it = { ...client, ...activity };",
  'tracking of activity alone':
    "import { trackActivity } from '@presence-service/client/activity'; globalThis.it = trackActivity;",
  'the hooks for React, without React':
    "import * as react from '@presence-service/client/react'; globalThis.it = react;",
  'sentences alone':
    "import * as describe from '@presence-service/client/describe'; globalThis.it = describe;",
  'createPresenceClient with the transport for gRPC-Web':
    "import { createPresenceClient } from '@presence-service/client'; import { createGrpcWebTransport } from '@connectrpc/connect-web'; globalThis.it = { createPresenceClient, createGrpcWebTransport };",
  'of these, the libraries of Connect and Protobuf (a client of the same services without this library)':
    "import { createClient } from '@connectrpc/connect'; import { createGrpcWebTransport } from '@connectrpc/connect-web'; import { SessionService } from './dist/esm/generated/presence/v1/session_service_pb.js'; import { PresenceService } from './dist/esm/generated/presence/v1/presence_service_pb.js'; import { EventsService } from './dist/esm/generated/presence/v1/events_service_pb.js'; import { ModerationService } from './dist/esm/generated/presence/v1/moderation_service_pb.js'; globalThis.it = { createClient, createGrpcWebTransport, SessionService, PresenceService, EventsService, ModerationService };",
};

for (const [name, source] of Object.entries(programs)) {
  const code = await bundled(source);
  const gzipped = gzipSync(code, { level: 9 }).length;
  console.log(`${kilobytes(gzipped)} gzipped, ${kilobytes(code.length)} minified: ${name}`);
}

async function bundled(source) {
  const entry = fileURLToPath(new URL('../entry.js', import.meta.url));
  const result = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? source : undefined),
      },
    ],
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      rolldownOptions: { input: entry, external: ['react'] },
    },
  });
  return Buffer.from(result.output[0].code);
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`.padStart(8);
}
