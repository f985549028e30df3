// Preloaded into a server. At each SIGUSR2 it blocks the event loop for one and a half seconds.
import { performance } from 'node:perf_hooks';

process.on('SIGUSR2', () => {
  const end = performance.now() + 1500;
  while (performance.now() < end);
  console.log('was busy');
});
