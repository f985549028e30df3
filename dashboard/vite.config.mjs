// Builds the dashboard into dist/dashboard, where the server looks for it. With a server that runs:  npx vite dashboard
import { fileURLToPath } from 'node:url';

const fromHere = (path) => fileURLToPath(new URL(path, import.meta.url));

const service = process.env.PRESENCE_URL ?? 'http://localhost:3000';

/** @type {import('vite').UserConfig} */
export default {
  // The client library from its sources, as the command line and the tests name it.
  resolve: {
    alias: {
      '#client/describe': fromHere('../client/src/describe.ts'),
      '#client': fromHere('../client/src/index.ts'),
    },
  },
  build: {
    outDir: fromHere('../dist/dashboard'),
    emptyOutDir: true,
    // A file for everything: the policy of the page lets in no script and no style that stands in it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/presence.v1.': service, '/metrics': service, '/dashboard/': service } },
};
