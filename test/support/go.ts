import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT } from '../docs/markdown.js';

/** The Go packages of Debian. */
const LIBRARIES = '/usr/share/gocode';
const GRPC = `${LIBRARIES}/src/google.golang.org/grpc`;
const NEEDED = [
  '/usr/bin/go',
  '/usr/bin/protoc',
  '/usr/bin/protoc-gen-go',
  '/usr/bin/protoc-gen-go-grpc',
  GRPC,
  `${LIBRARIES}/src/google.golang.org/protobuf`,
];

/** Names of the current grpc-go that Debian's version lacks. */
const STAND_INS = {
  [`${GRPC}/newclient.go`]: 'newclient.go',
  [`${GRPC}/credentials/insecure/insecure.go`]: 'insecure.go',
};

/** Returns why this machine cannot compile the program in Go, or undefined. */
export function whyNoGo(): string | undefined {
  const missing = NEEDED.find((path) => !existsSync(path));
  return missing && `there is no ${missing}`;
}

/** Compiles a program with the package `presencev1`. Returns the path of the executable. */
export async function compileGo(code: string, folder: string): Promise<string> {
  const source = join(folder, 'src/example.com/presence');
  const generated = join(source, 'gen');
  await mkdir(generated, { recursive: true });
  await writeFile(join(source, 'main.go'), code);
  const files = ['presence', 'session_service', 'presence_service', 'events_service'].map(
    (name) => `presence/v1/${name}.proto`,
  );
  const options = ['go', 'go-grpc'].flatMap((name) => [
    `--${name}_out=${generated}`,
    `--${name}_opt=paths=source_relative`,
    ...files.map(
      (file) => `--${name}_opt=M${file}=example.com/presence/gen/presence/v1;presencev1`,
    ),
  ]);
  const run = promisify(execFile);
  await run('protoc', ['-I', join(PROJECT, 'proto'), ...options, ...files]);
  const overlay = join(folder, 'overlay.json');
  const replace = Object.entries(STAND_INS).map(([path, name]) => [
    path,
    join(PROJECT, 'test/languages/go', name),
  ]);
  await writeFile(overlay, JSON.stringify({ Replace: Object.fromEntries(replace) as unknown }));
  const program = join(folder, 'program');
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    GO111MODULE: 'off',
    GOPATH: `${folder}:${LIBRARIES}`,
    // The cache of the machine, if there is one: a complete build takes 12 s of CPU time.
    GOCACHE: process.env.GOCACHE ?? join(folder, 'cache'),
  };
  await run('go', ['build', '-overlay', overlay, '-o', program, 'example.com/presence'], { env });
  return program;
}
