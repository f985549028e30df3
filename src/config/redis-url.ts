import type { SettingType } from './setting-types.js';

/** The address of Redis and the credentials for it. */
export interface RedisAddress {
  readonly topology: 'standalone' | 'sentinel' | 'cluster';
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** The name of the master in Sentinel. */
  readonly masterName?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly isTls: boolean;
}

const SENTINEL_PORT = 26_379;
const REDIS_PORT = 6379;

/**
 * The type of REDIS_URL. One URL is a server, several URLs are nodes of a cluster. Sentinels are listed in one URL, in
 * the syntax of Lettuce.
 */
export const redisUrl: SettingType<RedisAddress> = {
  description:
    'redis://[user:password@]host[:port], several of them with commas for a cluster, or redis-sentinel://[user:password@]host[:port][,host...]#master; with rediss for TLS',
  read(text) {
    return /^rediss?-sentinel:/.test(text) ? sentinels(text) : servers(text.split(','));
  },
  // The URL may contain a password.
  isSecret: () => true,
};

function servers(texts: readonly string[]): RedisAddress | undefined {
  const urls = texts.map((text) => parse(text, REDIS_PORT));
  const [first] = urls;
  if (first === undefined) return undefined;
  // All nodes of a cluster use the same password and the same TLS setting.
  const alike = urls.every(
    (url) => url && url.password === first.password && url.isTls === first.isTls,
  );
  if (!alike) return undefined;
  const hosts = urls.map((url) => ({ host: url!.host, port: url!.port }));
  const { username, password, isTls } = first;
  const topology = hosts.length > 1 ? 'cluster' : 'standalone';
  return { topology, hosts, username, password, isTls };
}

function sentinels(text: string): RedisAddress | undefined {
  const [, tls, credentials = '', list = '', masterName] =
    /^redis(s?)-sentinel:\/\/([^@]*@)?([^#/@]+)#([\w.-]+)$/.exec(text) ?? [];
  const urls = list.split(',').map((host) => parse(`redis://${credentials}${host}`, SENTINEL_PORT));
  const [first] = urls;
  if (first === undefined || urls.includes(undefined)) return undefined;
  return {
    topology: 'sentinel',
    hosts: urls.map((url) => ({ host: url!.host, port: url!.port })),
    masterName,
    username: first.username,
    password: first.password,
    isTls: tls === 's',
  };
}

interface ParsedUrl {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly isTls: boolean;
}

function parse(text: string, defaultPort: number): ParsedUrl | undefined {
  if (!/^rediss?:\/\/[^\s]+$/.test(text) || !URL.canParse(text)) return undefined;
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  // A database number is rejected. A key prefix separates two services, and it also works in a cluster.
  const isBare = ['', '/', '/0'].includes(pathname) && search === '' && hash === '';
  if (hostname === '' || !isBare) return undefined;
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? defaultPort : Number(port),
    username: decoded(username),
    password: decoded(password),
    isTls: protocol === 'rediss:',
  };
}

function decoded(part: string): string | undefined {
  return part === '' ? undefined : decodeURIComponent(part);
}
