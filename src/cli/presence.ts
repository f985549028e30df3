#!/usr/bin/env node
import { ProcessShutdown } from '../bootstrap/process-shutdown.js';

const args = process.argv.slice(2);
// For the reason that src/main.ts gives.
if (args[0] === 'serve') ProcessShutdown.watch();
const { run } = await import('./run.js');
await run(args, process.env);
