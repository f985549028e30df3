import fc from 'fast-check';

const headerTexts = fc.oneof(
  fc.constantFrom(
    ...['', ' ', ',', '\x80\xff', 'a,b', '%00', '"', '=', 'x'.repeat(4000)],
    // A lone surrogate and half an emoji, as bytes, percent-encoded and escaped.
    ...['\xed\xa0\x80', '\xf0\x9f\x98', '%ED%A0%80', '%F0%9F', '\\ud800'],
    '\xf0\x9f\x98\x80'.repeat(300),
  ),
  fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    maxLength: 20,
  }),
);

/** Names that HTTP allows, but that gRPC or a JavaScript object may not allow. */
const oddNames = fc.constantFrom(
  ...[
    '__proto__',
    'constructor',
    '-bin',
    'x--bin',
    'x-%ed%a0%80',
    "x-!#$%&'*+^`|~",
    'x'.repeat(300),
  ],
);

const oddHeader = fc
  .tuple(oddNames, headerTexts)
  .map(([name, value]): Record<string, string> => ({ [name]: value }));

const HEADERS_OF_ALL = [
  named(
    'authorization',
    fc.oneof(
      headerTexts,
      fc.constantFrom(
        'Bearer',
        'Bearer ',
        'bearer  x',
        'Basic YTpi',
        'Bearer a.b.c',
        'Bearer x, Bearer y',
      ),
    ),
  ),
  ...['user-agent', 'x-anything', 'x-request-id', 'traceparent', 'tracestate', 'baggage'].map(
    (name) => named(name, headerTexts),
  ),
  oddHeader,
];

const grpcHeader = fc.oneof(
  named(
    'grpc-timeout',
    fc.oneof(
      headerTexts,
      fc.constantFrom(
        '0n',
        '1n',
        '1S',
        '99999999H',
        '99999999S',
        '100000000S',
        '-1S',
        '1',
        'S',
        '1s',
        '1.5S',
        '1S1S',
        '00000001S',
        '1 S',
        'NaNS',
        '2147484S',
      ),
    ),
  ),
  named(
    'grpc-encoding',
    fc.oneof(
      headerTexts,
      fc.constantFrom('identity', 'gzip', 'deflate', 'br', 'gzip, gzip', 'GZIP'),
    ),
  ),
  named(
    'content-type',
    fc.oneof(
      headerTexts,
      fc.constantFrom(
        'application/grpc',
        'application/grpc+json',
        'application/grpc-web',
        'application/grpcx',
        'application/json',
        'text/plain',
      ),
    ),
  ),
  ...HEADERS_OF_ALL,
  named(':method', fc.constantFrom('GET', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'PATCH', 'post')),
  named(
    ':path',
    fc.oneof(
      headerTexts,
      fc.constantFrom(
        '/',
        '*',
        '/presence.v1.SessionService/',
        '/presence.v1.SessionService/connect',
        '//Connect',
        '/presence.v1.SessionService/Connect?x=1',
        '/presence.v1.SessionService/Connect/',
        '/constructor',
        '/__proto__',
        '/' + 'x'.repeat(5000),
        '/\xed\xa0\x80',
        '/%ED%A0%80/\xf0\x9f',
      ),
    ),
  ),
  named(':authority', headerTexts),
  named(
    'te',
    headerTexts.map(() => 'trailers'),
  ),
  named('x-anything-bin', headerTexts),
  named('grpc-status-details-bin', headerTexts),
  named('grpc-status', headerTexts),
  named('grpc-message', headerTexts),
  named('grpc-accept-encoding', headerTexts),
  named('grpc-trace-bin', headerTexts),
  named('content-length', fc.constantFrom('0', '5')),
);

/** Headers of a call over gRPC. A name that begins with `:` is a pseudo-header of HTTP/2. */
export const grpcHeaders = upToThree(grpcHeader);

const CONTENT_TYPES_OF_NO_CALL = [
  ...['', 'x', 'text/plain', 'application/grpc', 'application/grpc+json', 'multipart/form-data'],
  ...['application/grpc-web-text', 'application/grpc-web-text+proto', 'application/grpc-web'],
  ...['application/json; charset=utf-16', 'application/json;charset=utf-8', 'APPLICATION/JSON'],
  ...['application/connect+xml', 'application/json, application/proto', 'application/\xed\xa0\x80'],
];

const httpHeader = fc.oneof(
  ...HEADERS_OF_ALL,
  named(
    'connect-timeout-ms',
    fc.oneof(
      headerTexts,
      fc.constantFrom('0', '1', '-1', '1e3', '9999999999', '10000000000', '1.5'),
    ),
  ),
  named('grpc-timeout', fc.oneof(headerTexts, fc.constantFrom('0n', '1n', '1S', '99999999H', '1'))),
  ...['content-encoding', 'connect-content-encoding', 'grpc-encoding'].map((name) =>
    named(name, fc.oneof(headerTexts, fc.constantFrom('identity', 'gzip', 'br'))),
  ),
  ...['connect-accept-encoding', 'accept-encoding', 'accept', 'cookie', 'origin', 'referer'].map(
    (name) => named(name, headerTexts),
  ),
  named('connect-protocol-version', fc.constantFrom('', '1', '2', 'x')),
  named('content-type', fc.oneof(headerTexts, fc.constantFrom(...CONTENT_TYPES_OF_NO_CALL))),
  named('content-length', fc.constantFrom('0', '5', '-1', 'x', '99999999999999999999')),
  named('transfer-encoding', fc.constantFrom('chunked', 'gzip', 'identity', 'x, chunked')),
  named('expect', fc.constantFrom('100-continue', 'x')),
  named('access-control-request-headers', headerTexts),
  named(':method', fc.constantFrom('GET', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'PATCH')),
  named(
    ':path',
    fc.constantFrom(
      ...['/', '//', '/presence.v1.SessionService/', '/presence.v1.SessionService/connect'],
      ...[
        '/presence.v1.SessionService/Connect?x=1',
        '/presence.v1.SessionService/Connect?\xed\xa0\x80',
      ],
      ...[
        '/constructor',
        '/__proto__',
        '/%ED%A0%80',
        '/\xed\xa0\x80',
        '/%',
        '/' + 'x'.repeat(5000),
      ],
      ...['/health/%F0%9F', '/metrics?%ED%A0%80', '/dashboard/%ED%A0%80', '/dashboard/..%2f..%2f'],
    ),
  ),
);

/** Headers of a call over HTTP/1.1, with method and path as pseudo-headers. */
export const httpHeaders = upToThree(httpHeader);

function upToThree(
  one: fc.Arbitrary<Record<string, string>>,
): fc.Arbitrary<Record<string, string>> {
  return fc
    .array(one, { maxLength: 3 })
    .map((all) => Object.fromEntries(all.flatMap((headers) => Object.entries(headers))));
}

function named(name: string, values: fc.Arbitrary<string>): fc.Arbitrary<Record<string, string>> {
  return values.map((value) => ({ [name]: value }));
}
