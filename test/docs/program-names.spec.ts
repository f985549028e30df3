import { describe, expect, it } from 'vitest';
import { csharp, kotlin, swift, type GeneratedNames } from './generated-names.js';
import { blocksOf } from './markdown.js';

/** How a program in a language uses generated code, as far as this test understands it. */
interface Syntax {
  readonly page: string;
  readonly language: string;
  readonly generated: GeneratedNames;
  /** Names of types of the contract. */
  readonly type: RegExp;
  /** Declarations of members in the program itself. */
  readonly declaration: RegExp;
  /** The name of a message and the code that sets its fields. */
  readonly builder: RegExp;
  /** A field in that code. */
  readonly field: RegExp;
  /** Code in strings. */
  readonly interpolation: RegExp;
  /** Members of the libraries that the program uses. */
  readonly library: string;
}

const PROGRAMS: readonly Syntax[] = [
  {
    page: 'docs/languages/kotlin.md',
    language: 'kotlin',
    generated: kotlin,
    type: /^import com[.]example[.]presence[.]v1[.](\w+)/gm,
    declaration: /\b(?:(?:fun(?: <[^>]*>)?|val|var|class) (?:\w+<\w+>[.])?)(\w+)/g,
    builder: /\b(\w+Request) [{]([^}]*)[}]/g,
    field: /^\s*(\w+) \+?= /gm,
    interpolation: /[$][{]([^}]*)[}]/g,
    library: `
      ABORTED ASCII_STRING_MARSHALLER Code Default INVALID_ARGUMENT Key Monotonic PERMISSION_DENIED SECONDS
      UNAUTHENTICATED UNAVAILABLE UNIMPLEMENTED ZERO also asException buffer build cancel clear code create
      detailsList elapsedNow err forEach fromThrowable getOrElse hasPassedNow intercept isEmpty isNotEmpty
      java keepAliveTime keepAliveTimeout markNow milliseconds minutes nanos nanoseconds
      newAttachHeadersInterceptor newChannelBuilder nextLong of onAwait orEmpty println produceIn put readText
      retryDelay seconds shutdownNow size toString trim unpack use withDeadlineAfter withDescription`,
  },
  {
    page: 'docs/languages/dotnet.md',
    language: 'csharp',
    generated: csharp,
    type: /\b(\w+(?:Request|Response|Service|ServiceClient|Event))\b/g,
    declaration: /\b(?:class|record|void|string|Task(?:<[^>]*>)?|TimeSpan|RpcException) (\w+)/g,
    builder: /\bnew (\w+Request)\s*[{]([^}]*(?:[{][^}]*[}][^}]*)?)[}]/g,
    field: /(?:^|, |[{] )\s*([A-Z]\w*) = /gm,
    interpolation: /[{]([^}"]*)[}]/g,
    library: `
      Aborted AddMilliseconds Clear Contains Delay Elapsed Error ForAddress FromMinutes FromSeconds GetDetail
      GetRpcStatus Headers InvalidArgument Length Message Min MoveNext NextDouble PermissionDenied Pow
      ReadAllTextAsync ResponseStream RetryDelay Shared StartNew StatusCode ToTimeSpan Trim TryGetValue
      Unauthenticated Unimplemented UtcNow WaitAsync WhenAny WithActiveRequests WriteLine Zero`,
  },
  {
    page: 'docs/languages/swift.md',
    language: 'swift',
    generated: swift,
    type: /\b(Presence_V1_\w+)/g,
    declaration: /\b(?:func|let|var|struct|actor|static let) (\w+)/g,
    builder: /\bPresence_V1_(\w+)[.]with [{]([^}]*)[}]/g,
    field: /[$]0[.](\w+) = /g,
    interpolation: /\\[(]([^)]*)[)]/g,
    library: `
      Client Continuation Posix aborted addTask cancel cancelAll checkCancellation code connection contains
      continuous defaults delay details dns errorInfo finish init invalidArgument isEmpty keepalive makeStream
      message messages milliseconds next now permissionDenied plaintext random retryInfo seconds self sleep
      timeout trimmingCharacters unauthenticated unimplemented unpackGoogleRPCStatus utf8
      whitespacesAndNewlines with yield zero`,
  },
];

describe.each(PROGRAMS)('The program in $language', (syntax) => {
  const { generated } = syntax;
  const code = codeOf(syntax);

  it('uses types of the contract only', () => {
    const types = wordsIn(code, syntax.type);
    expect(types.length).toBeGreaterThan(8);
    expect(types.filter((name) => !generated.types.has(name))).toEqual([]);
  });

  it('uses members of the contract, of its libraries and of its own only', () => {
    expect(unknownMembersIn(code, syntax)).toEqual([]);
    const wrong = code.replaceAll(/reconnectAfterMs/gi, 'reconnectSoon');
    expect(unknownMembersIn(wrong, syntax)).toEqual(['reconnectSoon']);
  });

  it('sets fields that the request has', () => {
    const builders = [...code.matchAll(syntax.builder)];
    expect(builders).toHaveLength(4);
    for (const [, name = '', body = ''] of builders) {
      const message = name[0]!.toUpperCase() + name.slice(1);
      const fields = wordsIn(body, syntax.field);
      expect(fields).not.toEqual([]);
      expect(generated.fieldsOf(message), message).toEqual(expect.arrayContaining(fields));
    }
  });
});

function unknownMembersIn(code: string, syntax: Syntax): readonly string[] {
  const known = new Set([
    ...syntax.generated.members,
    ...syntax.generated.types,
    ...wordsIn(code, syntax.declaration),
    ...wordsIn(syntax.library, /(\w+)/g),
  ]);
  const body = code.replaceAll(/^(?:import|using) [\w.= ]+;?$/gm, '');
  return wordsIn(body, /[.]\s*([A-Za-z]\w*)/g).filter((name) => !known.has(name));
}

/** Returns the code of the program without comments and text. */
function codeOf({ page, language, interpolation }: Syntax): string {
  const program = blocksOf(page)
    .filter((block) => block.language === language)
    .at(-1)!;
  return program.code
    .replaceAll(/^\s*(?:\/\/|\/\*\*).*$/gm, '')
    .replaceAll(/"(?:[^"\\\n]|\\.)*"/g, (text) =>
      [...text.matchAll(interpolation)].map(([, expression]) => `(${expression})`).join(' '),
    );
}

function wordsIn(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, word = '']) => word))].sort();
}
