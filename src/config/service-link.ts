import { isIP } from 'node:net';

const PORT = /^\d{1,5}$/;
const PROTOCOL = /^(tcp|udp|sctp)$/;
/** For example tcp://10.96.0.7:6379. */
const ADDRESS = /^(?:tcp|udp|sctp):\/\/(.+):\d{1,5}$/;
/** The path of a container's link to another container, for example /web/redis. */
const LINK_NAME = /^\/[\w.-]+\/[\w.-]+$/;

const isAddress = (value: string): boolean => {
  const host = ADDRESS.exec(value)?.[1];
  return host !== undefined && isIP(host.replace(/^\[(.*)\]$/, '$1')) !== 0;
};
const isPort = (value: string): boolean => PORT.test(value);
const isIpAddress = (value: string): boolean => isIP(value) !== 0;

/** The suffixes of link variables, each with a check of the value. */
const FORMS: readonly (readonly [RegExp, (value: string) => boolean])[] = [
  [/_SERVICE_HOST$/, isIpAddress],
  [/_SERVICE_PORT(_[A-Z0-9_]+)?$/, isPort],
  [/_PORT$/, isAddress],
  [/_PORT_\d+_(TCP|UDP|SCTP)$/, isAddress],
  [/_PORT_\d+_(TCP|UDP|SCTP)_PROTO$/, (value) => PROTOCOL.test(value)],
  [/_PORT_\d+_(TCP|UDP|SCTP)_PORT$/, isPort],
  [/_PORT_\d+_(TCP|UDP|SCTP)_ADDR$/, isIpAddress],
  [/_NAME$/, (value) => LINK_NAME.test(value)],
];

/**
 * Whether a variable announces the address of a service. Kubernetes and Docker set such variables in every container:
 * REDIS_SERVICE_HOST, REDIS_PORT and more for a service named `redis`. The value is checked, too: REDIS_PORT=6379 is
 * probably meant as a setting, while a link has REDIS_PORT=tcp://10.96.0.7:6379.
 */
export function isServiceLink(name: string, env: NodeJS.ProcessEnv): boolean {
  const value = env[name] ?? '';
  if (FORMS.some(([form, matches]) => form.test(name) && matches(value))) return true;
  // Docker also repeats the environment of a linked container: REDIS_ENV_REDIS_VERSION beside REDIS_NAME=/web/redis.
  const [, link] = /^(.+?)_ENV_/.exec(name) ?? [];
  return link !== undefined && LINK_NAME.test(env[`${link}_NAME`] ?? '');
}
