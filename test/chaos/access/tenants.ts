import type { GrantsClaim } from '../../../src/auth/grants.js';
import type { Random } from '../random.js';

/** The customers that share the service. Each has a group and two channels. */
export const TENANTS = ['acme', 'bolt', 'corp'] as const;

const OPEN_CHANNEL = 'plaza';

export const TENANT_CHANNELS: readonly string[] = [
  ...TENANTS.flatMap((tenant) => [`${tenant}/hall`, `${tenant}/stage`]),
  OPEN_CHANNEL,
];

/** The grants of the token of a viewer. */
export interface Rights {
  readonly groups: readonly string[];
  /** Ids, or prefixes followed by "*". */
  readonly watch: readonly string[];
}

/** Returns the groups of a token: one customer or two, and sometimes a department. */
export function someGroups(random: Random): readonly string[] {
  const tenants = random.happens(0.2)
    ? TENANTS.filter((tenant) => tenant !== random.oneOf(TENANTS)).slice(0, 2)
    : [random.oneOf(TENANTS)];
  return tenants.flatMap((tenant) =>
    random.happens(0.3) ? [tenant, `${tenant}/sales`] : [tenant],
  );
}

/** The claim of a user with these groups, who may join the channels of its customers. */
export function memberGrants(groups: readonly string[]): GrantsClaim {
  return { groups, join: [...tenantsOf(groups).map((tenant) => `${tenant}/*`), OPEN_CHANNEL] };
}

export function joinableChannels(groups: readonly string[]): readonly string[] {
  const tenants = tenantsOf(groups);
  return TENANT_CHANNELS.filter(
    (channelId) => channelId === OPEN_CHANNEL || tenants.includes(channelId.split('/')[0]!),
  );
}

/** Returns the rights of a viewer: of a colleague, a department, a guest, or somebody who sees nothing. */
export function someRights(random: Random): Rights {
  const tenant = random.oneOf(TENANTS);
  return random.oneOf<Rights>([
    { groups: [tenant], watch: [`${tenant}/*`] },
    { groups: [tenant], watch: [`${tenant}/*`, OPEN_CHANNEL] },
    { groups: [`${tenant}/sales`], watch: [] },
    { groups: [], watch: [OPEN_CHANNEL] },
    { groups: [], watch: [`${tenant}/stage`] },
    { groups: [], watch: [] },
  ]);
}

export function mayWatch({ watch }: Rights, channelId: string): boolean {
  return watch.some((pattern) =>
    pattern.endsWith('*') ? channelId.startsWith(pattern.slice(0, -1)) : channelId === pattern,
  );
}

function tenantsOf(groups: readonly string[]): readonly string[] {
  return TENANTS.filter((tenant) => groups.includes(tenant));
}
