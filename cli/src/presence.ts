#!/usr/bin/env node
import { ProcessShutdown } from '#server/bootstrap/process-shutdown.js';

const args = process.argv.slice(2);
// The server must not lose a signal that arrives while its modules load; see src/main.ts.
if (args[0] === 'serve') ProcessShutdown.watch();
const { run } = await import('./run.js');
await run(args, process.env);
