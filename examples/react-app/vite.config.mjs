// Serves the app on one origin with the service:  npx vite examples/react-app
import { fileURLToPath } from 'node:url';

const fromHere = (path) => fileURLToPath(new URL(path, import.meta.url));

/** @type {import('vite').UserConfig} */
export default {
  resolve: {
    // The client library out of this repository. A product installs it.
    alias: [
      {
        find: /^@presence-service\/client$/,
        replacement: fromHere('../../client/src/index.ts'),
      },
      {
        find: /^@presence-service\/client\/(activity|react)$/,
        replacement: fromHere('../../client/src/$1.ts'),
      },
    ],
  },
  server: {
    fs: { allow: [fromHere('../..')] },
    proxy: { '/presence.v1.': process.env.PRESENCE_URL ?? 'http://localhost:3000' },
  },
};
