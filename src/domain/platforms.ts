/** More than the number of platforms that an application has. Clients choose the names, so there must be a limit. */
const MAX_SHARED = 64;

const shared = new Map<string, readonly string[]>();

/**
 * Returns a list that all users on only one platform share, if it is one of the first 64 platforms. A node may hold a
 * million users, so copies would waste memory. Other lists are returned unchanged.
 */
export function sharedPlatforms(platforms: readonly string[]): readonly string[] {
  const [platform] = platforms;
  if (platform === undefined || platforms.length > 1) return platforms;
  const known = shared.get(platform);
  if (known === undefined && shared.size < MAX_SHARED) shared.set(platform, platforms);
  return known ?? platforms;
}
