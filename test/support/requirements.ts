import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { whyNoBuf } from './buf.js';
import { whyNoConfinedProcess } from './confined-process.js';
import { whyNoDocsSite } from './docs-site.js';
import { whyNoNetwork } from './far-network.js';
import { whyNoGo } from './go.js';
import { whyNoHelm } from './helm.js';
import { whyNoJava } from './java.js';
import { whyNoProcess1 } from './process-1.js';
import { whyNoPython } from './python.js';
import { REDIS_PROGRAM } from './redis-server.js';
import { whyNoTerminal } from './pseudo-terminal.js';

/** A program besides Node that some tests start. */
export interface Requirement {
  readonly name: string;
  /** The Debian package that contains it. */
  readonly debianPackage: string;
  /**
   * The support modules that start it. A test file needs the program if it imports one of them,
   * directly or indirectly.
   */
  readonly modules: readonly string[];
  /** Whether CI may go on without it, because a mirror of Debian may lack it. */
  readonly isOptional?: boolean;
  /** Returns undefined if the program can be used on this machine. */
  readonly whyMissing: () => string | undefined;
}

export const REQUIREMENTS: readonly Requirement[] = [
  {
    name: 'redis-server',
    debianPackage: REDIS_PROGRAM,
    modules: ['test/support/redis-server.ts'],
    whyMissing: () => (isOnPath(REDIS_PROGRAM) ? undefined : `${REDIS_PROGRAM} not found on PATH`),
  },
  {
    name: 'chromium',
    debianPackage: 'chromium',
    modules: ['test/support/chromium.ts'],
    whyMissing: () =>
      existsSync('/usr/bin/chromium') ? undefined : 'there is no /usr/bin/chromium',
  },
  {
    name: 'nginx',
    debianPackage: 'nginx-light',
    modules: ['test/support/nginx.ts'],
    whyMissing: () => (isOnPath('nginx') ? undefined : 'not found on PATH'),
  },
  {
    name: 'helm',
    debianPackage: 'unzip',
    modules: ['test/support/helm.ts'],
    whyMissing: whyNoHelm,
  },
  {
    name: 'the packages of tools/',
    debianPackage: 'none, run scripts/install-tools',
    modules: ['test/support/openapi.ts'],
    whyMissing: () =>
      existsSync('tools/node_modules/@seriousme') ? undefined : 'they are not installed',
  },
  {
    name: 'buf and protoc',
    debianPackage: 'protobuf-compiler-grpc, and run scripts/install-tools',
    modules: ['test/support/buf.ts'],
    whyMissing: whyNoBuf,
  },
  {
    name: 'the documentation site',
    debianPackage: 'none, run npm run docs:build',
    modules: ['test/support/docs-site.ts'],
    whyMissing: whyNoDocsSite,
  },
  {
    name: 'Python with gRPC',
    debianPackage:
      'python3-grpcio python3-pip python3-wheel mypy protobuf-compiler-grpc libprotobuf-dev',
    modules: ['test/support/python.ts'],
    whyMissing: whyNoPython,
  },
  {
    name: 'Go with gRPC',
    debianPackage: 'golang-google-grpc-dev protoc-gen-go-grpc, as in .ci/run',
    modules: ['test/support/go.ts'],
    isOptional: true,
    whyMissing: whyNoGo,
  },
  {
    name: 'Java with gRPC',
    debianPackage:
      'default-jdk-headless libgrpc-java libnetty-java protobuf-compiler-grpc-java-plugin, as in .ci/run',
    modules: ['test/support/java.ts'],
    whyMissing: whyNoJava,
  },
  {
    name: 'network namespaces',
    debianPackage: 'iproute2',
    modules: ['test/support/far-network.ts', 'test/docs/terminal.ts'],
    whyMissing: whyNoNetwork,
  },
  {
    name: 'unprivileged processes',
    debianPackage: 'util-linux',
    modules: ['test/support/confined-process.ts'],
    whyMissing: whyNoConfinedProcess,
  },
  {
    name: 'process namespaces',
    debianPackage: 'util-linux',
    modules: ['test/support/process-1.ts'],
    whyMissing: whyNoProcess1,
  },
  {
    name: 'pseudo-terminals',
    debianPackage: 'bsdutils',
    modules: ['test/support/pseudo-terminal.ts'],
    whyMissing: whyNoTerminal,
  },
];

/** The test files that this machine cannot run, and the reason. */
export interface LeftOut {
  readonly requirement: Requirement;
  readonly reason: string;
  readonly files: readonly string[];
}

/**
 * Finds the test files that need a program that this machine lacks. Throws an error in CI, where no
 * test may be skipped.
 */
export function findLeftOut(root: string): readonly LeftOut[] {
  const missing = REQUIREMENTS.flatMap((requirement) => {
    const reason = requirement.whyMissing();
    return reason === undefined ? [] : [{ requirement, reason }];
  });
  if (missing.length === 0) return [];
  const needed = missing.filter(({ requirement }) => !requirement.isOptional);
  if (process.env.CI === 'true' && needed.length > 0) {
    const names = needed.map(({ requirement, reason }) => `${requirement.name}: ${reason}`);
    throw new Error(`CI runs every test, and this machine lacks ${names.join('; ')}`);
  }
  const testFiles = TEST_FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /spec\.tsx?$/.test(file) && !file.includes('node_modules'))
      .map((file) => join(folder, file)),
  );
  const importsOf = readImports();
  const imported = new Map(
    testFiles.map((file) => [file, importedBy(resolve(root, file), importsOf)]),
  );
  return missing.map(({ requirement, reason }) => {
    const modules = requirement.modules.map((module) => resolve(root, module));
    const files = testFiles.filter((file) =>
      modules.some((module) => imported.get(file)!.has(module)),
    );
    return { requirement, reason, files };
  });
}

const TEST_FOLDERS = ['src', 'test', 'client', 'nestjs', 'dashboard'];
const STATIC_IMPORT = /\bfrom '(\.{1,2}\/[^']+)\.js'/g;

/** The modules of the project that a module imports itself by a relative path. */
type ImportsOf = (file: string) => readonly string[];

/** Reads each module once: hundreds of test files import the same ones. */
function readImports(): ImportsOf {
  const known = new Map<string, readonly string[]>();
  return (file) => {
    let imports = known.get(file);
    if (imports === undefined) {
      imports = [...readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)]
        .map(([, specifier = '']) => resolve(file, '..', `${specifier}.ts`))
        .filter((module) => existsSync(module));
      known.set(file, imports);
    }
    return imports;
  };
}

/** Returns every module that `file` imports, directly or indirectly. */
function importedBy(
  file: string,
  importsOf: ImportsOf,
  found = new Set<string>(),
): ReadonlySet<string> {
  for (const module of importsOf(file)) {
    if (found.has(module)) continue;
    found.add(module);
    importedBy(module, importsOf, found);
  }
  return found;
}

function isOnPath(command: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, command)));
}
