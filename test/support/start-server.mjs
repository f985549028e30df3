// Starts the built server of the folder in the first argument as its main program does, but with the fixed limits in the
// second argument (JSON, see src/config/fixed-limits.ts).
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, limits] = process.argv.slice(2);
const { serve } = await import(pathToFileURL(resolve(folder, 'bootstrap/bootstrap.js')).href);
process.exitCode = await serve(process.env, JSON.parse(limits));
