import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  globalIgnores([
    'build/',
    '**/dist/',
    'coverage/',
    'tools/',
    'src/api/generated/',
    'client/src/generated/',
    // VitePress writes these and removes them while it builds the documentation.
    'site/.vitepress/.temp/',
    'site/**/*.timestamp-*',
  ]),
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      eqeqeq: 'error',
      // `consistent-type-imports` must stay off: a class that is imported only as a type leaves no
      // decorator metadata, and Nest cannot inject it.
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // An async method may implement an interface that returns a promise, because another
      // implementation needs it.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    // Only src/config reads settings. All other code receives the settings that it needs.
    files: ['src/**/*.ts'],
    ignores: ['src/config/**', 'src/main.ts', 'src/bootstrap/token.ts', 'src/**/*.spec.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/config reads the environment.' },
      ],
      'no-restricted-imports': [
        'error',
        { name: 'node:process', message: 'Use the global; only src/config reads the environment.' },
        { name: 'process', message: 'Use the global; only src/config reads the environment.' },
      ],
    },
  },
  {
    // The only logger is Nest's Logger. The output of a program before its logger exists is not a log.
    files: ['src/**/*.ts'],
    ignores: ['src/bootstrap/{bootstrap,token}.ts', 'src/**/*.spec.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    // The wall clock of a device may be wrong, and may be set at any time.
    files: ['client/src/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Use the monotonic clock of the timers.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Use the monotonic clock of the timers.',
        },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', '**/*.e2e-spec.ts', '{test,client/test,nestjs/test}/**/*.ts'],
    rules: {
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-properties': [
        'error',
        ...['waitFor', 'waitUntil'].map((property) => ({
          object: 'vi',
          property,
          message:
            'Use `eventually`. This one gives up after a second, and fails if the machine is busy.',
        })),
      ],
    },
  },
  {
    // A random seed would let the tests of a change fail by chance.
    files: ['**/*.spec.ts', '**/*.e2e-spec.ts', '{test,client/test}/support/*.ts'],
    ignores: ['test/support/seeded-fast-check.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          name: 'fast-check',
          message: 'Import test/support/seeded-fast-check, which fixes the seed.',
        },
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['examples/browser/*.js', 'site/.vitepress/theme/*.mjs'],
    languageOptions: {
      globals: { document: 'readonly', location: 'readonly', window: 'readonly' },
    },
  },
);
