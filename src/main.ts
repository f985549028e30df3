import { ProcessShutdown } from './bootstrap/process-shutdown.js';

// Loading the server takes half a second. Without handlers, process 1 of a container would lose a signal in that time.
ProcessShutdown.watch();
const { serve } = await import('./bootstrap/bootstrap.js');
process.exitCode = await serve(process.env);
