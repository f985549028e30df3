import { isIP, isIPv4, isIPv6 } from 'node:net';

/** The type of a setting: which texts are allowed, and how they are read. */
export interface SettingType<T> {
  /** Completes the sentence "NAME must be ...". */
  readonly description: string;
  /** The unit of a number, such as "milliseconds". Undefined for text and for a number of things. */
  readonly unit?: string;
  /** Returns the value, or undefined if the text is not allowed. The text is never empty. */
  readonly read: (text: string) => T | undefined;
  /** Whether a rejected text must not appear in the message. */
  readonly isSecret?: (text: string) => boolean;
}

/** Longer than any useful timeout, and shorter than 24.8 days, above which a timer of Node.js fires at once. */
const A_WEEK_MS = 604_800_000;

/** For times that no timer measures. */
export const A_YEAR_MS = 31_536_000_000;

export function integer(least: number, most: number, unit?: string): SettingType<number> {
  return {
    description: `an integer from ${least} to ${most}`,
    ...(unit !== undefined && { unit }),
    read(text) {
      // `Number()` alone would also accept 1e3, 0x10, 5.0 and blanks.
      const value = /^(0|[1-9]\d*)$/.test(text) ? Number(text) : NaN;
      return value >= least && value <= most ? value : undefined;
    },
  };
}

export function milliseconds(least: number, most = A_WEEK_MS): SettingType<number> {
  const type = integer(least, most, 'milliseconds');
  return { ...type, description: `an integer number of milliseconds from ${least} to ${most}` };
}

/** The limit of a rate. Zero: no limit. */
export const perSecond = integer(0, 10_000_000, 'per second');

export function oneOf<const T extends string>(words: readonly T[]): SettingType<T> {
  return {
    description: `one of ${words.join(', ')}`,
    read: (text) => words.find((word) => word === text),
  };
}

export const boolean: SettingType<boolean> = {
  description: 'true or false',
  read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
};

export const onOff: SettingType<boolean> = {
  description: 'on or off',
  read: (text) => (text === 'on' ? true : text === 'off' ? false : undefined),
};

/**
 * Whether this is production. Similar words are rejected, because they would silently disable what production requires.
 */
export const environmentName: SettingType<boolean> = {
  description: '"production", or a word that does not resemble it, such as "development"',
  read(text) {
    if (text === 'production') return true;
    return /^prod(uction)?$/i.test(text.trim()) ? undefined : false;
  },
};

export const text: SettingType<string> = {
  description: 'text without control characters and without leading or trailing spaces',
  read: (text) => (/\p{Cc}/u.test(text) || text !== text.trim() ? undefined : text),
};

/** Braces are not allowed. In a Redis Cluster they are hash tags and would change the slots of all keys. */
export const keyPrefix: SettingType<string> = {
  description: '1 to 64 characters without braces and spaces',
  read: (text) => (/^[^{}\s\p{Cc}]{1,64}$/u.test(text) ? text : undefined),
};

export const host: SettingType<string> = {
  description: 'a host name or an IP address, without a port',
  read: (text) => (isHostName(text) || isIP(text) !== 0 ? text : undefined),
};

/** Whether the text is a name or an IPv4 address, which need no brackets before a port. */
export function isHostName(text: string): boolean {
  if (/^[\d.]+$/.test(text)) return isIPv4(text);
  return /^[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?$/i.test(text);
}

export const httpUrl: SettingType<string> = {
  description: 'an http:// or https:// URL without a user name and password',
  read(text) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const plain = url?.username === '' && url.password === '' && text === text.trim();
    return plain && ['http:', 'https:'].includes(url.protocol) ? text : undefined;
  },
  // The URL may contain a password, or an API key in the query.
  isSecret: (text) => /[@?]/.test(text),
};

/** Origins as browsers write them: no path, no default port. */
export const origins: SettingType<readonly string[]> = {
  description:
    '* or a comma-separated list of origins without paths, such as https://chat.example.com',
  read(text) {
    if (text === '*') return ['*'];
    const list = text.split(',');
    const isOrigin = (origin: string): boolean =>
      httpUrl.read(origin) !== undefined && new URL(origin).origin === origin;
    return list.every(isOrigin) ? list : undefined;
  },
};

/** The maximum number of keys that verify tokens. A rotation needs two, and each key makes forged tokens dearer to check. */
export const MAX_TOKEN_KEYS = 8;

/** The length of a key for HS256, as RFC 7518 requires. */
const SECRET_BYTES = 32;

/** The secrets of tokens. The first one signs, all of them verify. */
export const tokenSecrets: SettingType<readonly string[]> = {
  description: `1 to ${MAX_TOKEN_KEYS} secrets, separated by spaces or line breaks, each at least ${SECRET_BYTES} bytes long`,
  read(text) {
    const secrets = text.split(/\s+/).filter((secret) => secret !== '');
    const isAllowed =
      secrets.length > 0 &&
      secrets.length <= MAX_TOKEN_KEYS &&
      secrets.every((secret) => Buffer.byteLength(secret) >= SECRET_BYTES);
    return isAllowed ? secrets : undefined;
  },
  isSecret: () => true,
};

/** The address on which gRPC listens. The operating system limits a socket path to 107 bytes. */
export const grpcAddress: SettingType<string> = {
  description: 'host:port, [IPv6]:port, or unix:path of a socket (at most 107 bytes)',
  read(text) {
    const socket = socketPath(text);
    if (socket !== undefined) return Buffer.byteLength(socket) <= 107 ? text : undefined;
    return hostAndPort(text) && text;
  },
};

/** Returns the path in the address of a Unix socket. Undefined for anything else. */
export function socketPath(text: string): string | undefined {
  return /^unix:(?!\/\/(?!\/))(?:\/\/)?([^\s\0]+)$/.exec(text)?.[1];
}

/** Splits `host:port`. Undefined for anything else, including the path of a socket. */
export function hostAndPort(text: string): { host: string; port: number } | undefined {
  const [, bracketed, name = '', digits = ''] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const port = integer(0, 65_535).read(digits);
  const valid = bracketed === undefined ? isHostName(name) : isIPv6(bracketed);
  return valid && port !== undefined ? { host: bracketed ?? name, port } : undefined;
}
