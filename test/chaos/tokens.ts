import type { GrantsClaim } from '../../src/auth/grants.js';
import { signToken } from '../../src/auth/sign-token.js';

export const SECRET = 'the-secret-of-the-chaos-32-bytes-long';

interface TokenDetails {
  readonly ttlSeconds?: number;
  readonly isAdmin?: boolean;
  readonly grants?: GrantsClaim;
}

export function tokenOf(
  userId: string,
  { ttlSeconds = 86_400, isAdmin, grants }: TokenDetails = {},
): Promise<string> {
  return signToken({ key: SECRET, userId, ttlSeconds, isAdmin, grants });
}
