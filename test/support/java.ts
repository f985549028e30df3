import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT } from '../docs/markdown.js';

const JAVAC = '/usr/bin/javac';
const PLUGIN = '/usr/bin/grpc_java_plugin';

/** The Java libraries of Debian: grpc-java, protobuf, and the libraries that these need. */
const LIBRARIES = [
  'grpc-api',
  'grpc-context',
  'grpc-core',
  'grpc-netty',
  'grpc-protobuf',
  'grpc-protobuf-lite',
  'grpc-stub',
  'protobuf',
  'guava',
  'netty-buffer',
  'netty-codec',
  'netty-codec-http',
  'netty-codec-http2',
  'netty-common',
  'netty-handler',
  'netty-resolver',
  'netty-transport',
  'perfmark-api',
  'geronimo-annotation-1.3-spec',
].map((name) => `/usr/share/java/${name}.jar`);

/** Halves the CPU time of programs that end within seconds. */
const QUICK = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** Returns why this machine cannot compile the program in Java, or undefined. */
export function whyNoJava(): string | undefined {
  const missing = [JAVAC, '/usr/bin/protoc', PLUGIN, ...LIBRARIES].find(
    (path) => !existsSync(path),
  );
  return missing && `there is no ${missing}`;
}

/**
 * Generates code with the commands of a page, in a folder with a copy of `proto`, and compiles a program
 * of one class with it. Returns the command that starts the program.
 */
export async function compileJava(
  className: string,
  code: string,
  commands: string,
  folder: string,
): Promise<readonly string[]> {
  const run = promisify(execFile);
  const programs = join(folder, 'bin');
  await mkdir(programs);
  await symlink(PLUGIN, join(programs, 'protoc-gen-grpc-java'));
  await cp(join(PROJECT, 'proto'), join(folder, 'proto'), { recursive: true });
  await run('bash', ['-euc', commands], {
    cwd: folder,
    env: { PATH: `${programs}${delimiter}${process.env.PATH}` },
  });
  // Debian's classes of google.rpc are older than ErrorInfo.
  const details = ['status', 'error_details'].map((name) => `google/rpc/${name}.proto`);
  await run('protoc', ['-I', 'proto', '--java_out=gen/java', ...details], { cwd: folder });
  const source = join(folder, `${className}.java`);
  await writeFile(source, code);
  const classes = join(folder, 'classes');
  const libraries = LIBRARIES.join(delimiter);
  const options = ['-proc:none', '-Xlint:all,-classfile', '-Werror', '-g:none'];
  // -implicit compiles only those generated classes that the program uses.
  const paths = ['-cp', libraries, '-sourcepath', 'gen/java', '-implicit:class', '-d', classes];
  const quick = QUICK.map((option) => `-J${option}`);
  await run(JAVAC, [...quick, ...options, ...paths, source], { cwd: folder });
  return ['java', ...QUICK, '-cp', [classes, libraries].join(delimiter), className];
}
