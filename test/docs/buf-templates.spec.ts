import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Buf, whereIs } from '../support/buf.js';
import { csharp, kotlin, type GeneratedNames } from './generated-names.js';
import { PROJECT, textOf } from './markdown.js';

/** The program of Debian for each plugin. `java` runs the plugin of Kotlin, which is not here. */
const PLUGINS = {
  'protoc-gen-go': 'protoc-gen-go',
  'protoc-gen-go-grpc': 'protoc-gen-go-grpc',
  'protoc-gen-grpc-java': 'grpc_java_plugin',
  'protoc-gen-swift': 'protoc-gen-swift',
  'protoc-gen-grpc-swift-2': 'protoc-gen-grpc-swift-2',
  grpc_csharp_plugin: 'grpc_csharp_plugin',
  grpc_python_plugin: 'grpc_python_plugin',
  java: 'there is none',
} as const;

/** A file that protoc or a plugin generates from each template. */
const GENERATED: Readonly<
  Record<string, Partial<Record<keyof typeof PLUGINS | 'protoc', string>>>
> = {
  dotnet: { protoc: 'SessionService.cs', grpc_csharp_plugin: 'SessionServiceGrpc.cs' },
  go: {
    'protoc-gen-go': 'presence/v1/session_service.pb.go',
    'protoc-gen-go-grpc': 'presence/v1/session_service_grpc.pb.go',
  },
  java: {
    protoc: 'com/example/presence/v1/ConnectRequest.java',
    'protoc-gen-grpc-java': 'com/example/presence/v1/SessionServiceGrpc.java',
  },
  kotlin: {
    protoc: 'com/example/presence/v1/ConnectRequestKt.kt',
    'protoc-gen-grpc-java': 'com/example/presence/v1/SessionServiceGrpc.java',
  },
  python: {
    protoc: 'presence/v1/session_service_pb2.pyi',
    grpc_python_plugin: 'presence/v1/session_service_pb2_grpc.py',
  },
  swift: {
    'protoc-gen-swift': 'presence/v1/session_service.pb.swift',
    'protoc-gen-grpc-swift-2': 'presence/v1/session_service.grpc.swift',
  },
};

/** The names with which the pages of some languages are compared. */
const NAMES: Readonly<Record<string, GeneratedNames>> = { dotnet: csharp, kotlin };

/** Names of services in these languages. Debian lacks the plugins that generate them. */
const OF_SERVICES = /(?:Service|ServiceClient|Async|GrpcKt)$/;

interface Template {
  readonly plugins: readonly { readonly remote?: string; readonly out: string }[];
}

const templateOf = (language: string): string => `clients/buf.gen.${language}.yaml`;

describe('The template of buf for another language', () => {
  let buf: Buf;
  let folder: string;
  beforeAll(async () => {
    buf = await Buf.start(PLUGINS);
    folder = await mkdtemp(join(tmpdir(), 'generated-'));
  });
  afterAll(async () => {
    await buf?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  it('exists for each language of this test', async () => {
    const files = await readdir(join(PROJECT, 'clients'));
    const templates = files.filter((file) => file.startsWith('buf.gen.'));
    expect(templates.map((file) => `clients/${file}`).sort()).toEqual(
      Object.keys(GENERATED).map(templateOf),
    );
  });

  it.each(Object.keys(GENERATED))(
    'needs no host of plugins, and names a version of each plugin: %s',
    (language) => {
      const text = textOf(templateOf(language));
      const { plugins } = parse(text) as Template;
      expect(plugins.filter(({ remote }) => remote !== undefined)).toEqual([]);
      expect(text.match(/^ {2}# .*\d+[.]\d+.*\n {2}- /gm)).toHaveLength(plugins.length);
      expect(new Set(plugins.map(({ out }) => out))).toEqual(new Set([`gen/${language}`]));
    },
  );

  it.each(Object.entries(GENERATED))(
    'generates code, with the names that a page uses: %s',
    async (language, files) => {
      buf.generate(templateOf(language), folder);
      const found = await readdir(folder, { recursive: true });
      for (const [program, file] of Object.entries(files)) {
        const isHere = program === 'protoc' || whereIs(PLUGINS[program as keyof typeof PLUGINS]);
        if (isHere) expect(found).toContain(`gen/${language}/${file}`);
      }
      const names = NAMES[language];
      if (names === undefined) return;
      const words = await wordsBelow(join(folder, 'gen', language));
      const expected = [...names.types, ...names.members].filter((name) => !OF_SERVICES.test(name));
      expect(expected.filter((name) => !words.has(name))).toEqual([]);
    },
  );
});

/** Returns all words of generated code. In Kotlin the method `getName` of Java is the property `name`. */
async function wordsBelow(folder: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(
    files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')),
  );
  const words = new Set(texts.flatMap((text) => text.match(/\w+/g) ?? []));
  for (const word of [...words]) {
    if (/^get[A-Z]/.test(word)) words.add(word[3]!.toLowerCase() + word.slice(4));
  }
  return words;
}
