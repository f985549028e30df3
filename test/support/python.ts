import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

/** Debian's Python. Another one has no access to Debian's packages. */
const PYTHON = '/usr/bin/python3';

/** The modules that Debian's packages python3-grpcio, python3-protobuf and mypy contain. */
const MODULES = ['grpc', 'google/protobuf', 'mypy'];

/** Returns why this machine cannot run the tests of the package for Python, or undefined. */
export function whyNoPython(): string | undefined {
  const missing = [
    PYTHON,
    '/usr/bin/protoc',
    '/usr/bin/grpc_python_plugin',
    ...MODULES.map((module) => `/usr/lib/python3/dist-packages/${module}`),
  ].find((path) => !existsSync(path));
  return missing && `there is no ${missing}`;
}

/** Runs Python, and returns its output. An exit status other than 0 is an error that contains the output. */
export async function runPython(
  args: readonly string[],
  {
    cwd,
    env = {},
  }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  try {
    return await promisify(execFile)(PYTHON, args, {
      ...(cwd !== undefined && { cwd }),
      env: { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: '1', ...env },
      maxBuffer: 2 ** 26,
    });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`python3 ${args.join(' ')}\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** Generates Python modules with stubs of services. */
export async function generatePython(
  protoPath: string,
  folder: string,
  files: readonly string[],
): Promise<void> {
  const plugin = '--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin';
  const out = [`--python_out=${folder}`, `--grpc_python_out=${folder}`];
  await promisify(execFile)('/usr/bin/protoc', ['-I', protoPath, ...out, plugin, ...files]);
}
