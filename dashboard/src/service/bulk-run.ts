import type { PresenceClient } from '#client';
import type { BulkAction, BulkFailure } from '../model/bulk.js';
import { sentenceAbout } from './sign-in.js';

/** The maximum number of users for whom calls run at the same time, so that an action leaves room for other clients. */
export const AT_ONCE = 4;

interface BulkOptions {
  /** Ends the run before the next user. */
  readonly signal: AbortSignal;
  /** Receives the number of users that are done. */
  readonly onProgress: (done: number) => void;
}

/** The result of an action on several users. */
export interface BulkResult {
  readonly succeeded: readonly string[];
  readonly failures: readonly BulkFailure[];
}

/** Acts on each user. A failure for one user does not stop the others. */
export async function runBulk(
  client: PresenceClient,
  action: BulkAction,
  userIds: readonly string[],
  { signal, onProgress }: BulkOptions,
): Promise<BulkResult> {
  const succeeded: string[] = [];
  const failures: BulkFailure[] = [];
  const waiting = [...userIds];
  const work = async (): Promise<void> => {
    for (let userId = waiting.shift(); userId !== undefined; userId = waiting.shift()) {
      if (signal.aborted) return;
      try {
        await act(client, action, userId);
        succeeded.push(userId);
      } catch (error) {
        failures.push({ userId, complaint: sentenceAbout(error) });
      }
      onProgress(succeeded.length + failures.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { succeeded, failures };
}

async function act(client: PresenceClient, action: BulkAction, userId: string): Promise<void> {
  switch (action.kind) {
    case 'end':
      for (const { sessionId } of await client.sessions(userId)) await client.endSession(sessionId);
      return;
    case 'mute':
    case 'unmute':
      await client.muteUser(userId, { microphone: action.kind === 'mute' });
      return;
    case 'move':
      await client.moveUser(userId, action.fromChannelId, action.toChannelId);
      return;
    case 'revoke':
      await client.revokeTokens(userId);
      return;
  }
}
