/** The meaning of a Redis error for an operator. */
export interface Diagnosis {
  /** Contains no values of settings and no user data. */
  readonly sentence: string;
  /** Whether the error can end without a change of settings, so that a starting node should wait. */
  readonly mayPass: boolean;
}

interface Kind {
  readonly pattern: RegExp;
  readonly sentence: (message: string) => string;
  readonly mayPass: boolean;
}

// Messages of Node.js and OpenSSL for a certificate that fails verification.
const CERTIFICATE =
  /self-signed certificate|unable to (?:verify|get)\b.*certificate|certificate (?:has expired|is not yet valid|revoked|not trusted|rejected|signature failure)|does not match certificate|invalid CA certificate/;

const KINDS: readonly Kind[] = [
  {
    pattern: /\bWRONGPASS\b/,
    sentence: () =>
      'Redis rejects the user name or the password in REDIS_URL or REDIS_PASSWORD_FILE (WRONGPASS)',
    mayPass: false,
  },
  {
    pattern: /\bNOAUTH\b/,
    sentence: () =>
      'Redis requires a password, and neither REDIS_URL nor REDIS_PASSWORD_FILE has one (NOAUTH)',
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
      `the certificate of Redis does not pass verification (${message}); set NODE_EXTRA_CA_CERTS to a file with its certificate authority`,
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
    sentence: () =>
      'the Redis server in REDIS_URL is a replica, which accepts no writes (READONLY)',
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

/** Undefined: the error says only that Redis did not respond. */
export function diagnose(error: unknown): Diagnosis | undefined {
  const message = messageOf(error);
  const kind = KINDS.find(({ pattern }) => pattern.test(message));
  return kind && { sentence: kind.sentence(message), mayPass: kind.mayPass };
}

/**
 * Whether a different server may be behind the same address now, because this one was demoted, is loading, or has lost
 * its primary or its cluster. An open connection would stay with it. In errors of scripts the code is in the middle of
 * the message.
 */
export function wantsNewConnection(error: Error): boolean {
  return /(?:^|[\s-])(?:READONLY|LOADING|MASTERDOWN|CLUSTERDOWN)\s/.test(error.message);
}

/** Returns the message of an error. ioredis wraps the error of a cluster node. */
export function messageOf(error: unknown): string {
  const { lastNodeError } = error as { readonly lastNodeError?: unknown };
  if (lastNodeError !== undefined && lastNodeError !== null) return messageOf(lastNodeError);
  return error instanceof Error ? error.message : String(error);
}
