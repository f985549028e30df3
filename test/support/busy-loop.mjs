// Loaded into a server before anything else: at each SIGUSR2 it does nothing but compute for one and a half seconds.
import { performance } from 'node:perf_hooks';

process.on('SIGUSR2', () => {
  const end = performance.now() + 1500;
  while (performance.now() < end);
  console.log('was busy');
});
