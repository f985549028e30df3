import { signToken } from '../../src/auth/sign-token.js';

export const SECRET = 'the secret of the chaos, 32 bytes long';

export function tokenOf(userId: string): Promise<string> {
  return signToken({ key: SECRET, userId, ttlSeconds: 86_400 });
}
