import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.spec.ts', 'test/**/*.spec.ts', 'test/**/*.e2e-spec.ts'],
    // Processes, not threads: a gRPC server and its timers end with the file that started them.
    pool: 'forks',
    // CommonJS packages look as they do to Node.
    deps: { interopDefault: false },
    maxWorkers: 2,
    testTimeout: 15_000,
    hookTimeout: 15_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/grpc/generated/**', 'src/**/*.spec.ts'],
      reporter: ['text', 'html', 'json-summary'],
      thresholds: { lines: 90, branches: 90, functions: 90, statements: 90 },
    },
  },
});
