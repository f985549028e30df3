/** What an error of Redis means for whoever runs the service. */
export interface Diagnosis {
  /** Without the value of any setting, and without data of users. */
  readonly sentence: string;
  /** Whether it may end without a change of settings, so that a node that starts should wait. */
  readonly mayPass: boolean;
}

interface Kind {
  readonly pattern: RegExp;
  readonly sentence: (message: string) => string;
  readonly mayPass: boolean;
}

// Node's and OpenSSL's words for a certificate that does not pass verification.
const CERTIFICATE =
  /self-signed certificate|unable to (?:verify|get)\b.*certificate|certificate (?:has expired|is not yet valid|revoked|not trusted|rejected|signature failure)|does not match certificate|invalid CA certificate/;

const KINDS: readonly Kind[] = [
  {
    pattern: /\bWRONGPASS\b/,
    sentence: () => 'Redis refuses the user name or the password in REDIS_URL (WRONGPASS)',
    mayPass: false,
  },
  {
    pattern: /\bNOAUTH\b/,
    sentence: () => 'Redis asks for a password, and REDIS_URL has none (NOAUTH)',
    mayPass: false,
  },
  {
    pattern: /\bNOPERM\b/,
    sentence: (message) => `the Redis user in REDIS_URL lacks a permission (${message})`,
    mayPass: false,
  },
  {
    pattern: CERTIFICATE,
    sentence: (message) =>
      `the certificate of Redis does not pass verification (${message}); NODE_EXTRA_CA_CERTS names a file with an authority to trust`,
    mayPass: false,
  },
  {
    pattern: /\bWRONGTYPE\b/,
    sentence: () =>
      'a key under REDIS_KEY_PREFIX holds a type that the service does not use (WRONGTYPE)',
    mayPass: true,
  },
  {
    pattern: /\bREADONLY\b/,
    sentence: () => 'the Redis server in REDIS_URL is a replica, which takes no writes (READONLY)',
    mayPass: true,
  },
  {
    pattern: /\bMASTERDOWN\b/,
    sentence: () => 'the Redis server in REDIS_URL is a replica without its primary (MASTERDOWN)',
    mayPass: true,
  },
  {
    pattern: /\bLOADING\b/,
    sentence: () => 'Redis is still loading its data (LOADING)',
    mayPass: true,
  },
  {
    pattern: /\bCLUSTERDOWN\b/,
    sentence: () => 'the Redis Cluster serves no commands, or not for all slots (CLUSTERDOWN)',
    mayPass: true,
  },
];

/** Undefined: the error says no more than that Redis did not answer. */
export function diagnose(error: unknown): Diagnosis | undefined {
  const message = messageOf(error);
  const kind = KINDS.find(({ pattern }) => pattern.test(message));
  return kind && { sentence: kind.sentence(message), mayPass: kind.mayPass };
}

/**
 * Whether another server may be behind the same address by now: this one has been demoted, is loading or has lost its
 * primary or its cluster. The connection would stay with it for as long as it lives. A script says so in the middle of
 * its message.
 */
export function wantsNewConnection(error: Error): boolean {
  return /(?:^|[\s-])(?:READONLY|LOADING|MASTERDOWN|CLUSTERDOWN)\s/.test(error.message);
}

/** ioredis wraps the error of a cluster node. */
export function messageOf(error: unknown): string {
  const { lastNodeError } = error as { readonly lastNodeError?: unknown };
  if (lastNodeError !== undefined && lastNodeError !== null) return messageOf(lastNodeError);
  return error instanceof Error ? error.message : String(error);
}
