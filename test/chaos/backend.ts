import { setTimeout as sleep } from 'node:timers/promises';
import { status, type ServiceError } from '@grpc/grpc-js';
import type { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { Client } from '../support/client.js';
import type { NodeProcess } from './node-process.js';
import type { Random } from './random.js';

const AGAIN_MS = 200;
const CLOSE_AFTER_MS = 300;

/** The result of a command about a user that nobody may repeat blindly. */
export type Moderated = 'done' | 'not possible';

/**
 * A backend with the rights of an admin. It sends each command to any node, until a node acknowledges it. Such a command can
 * be carried out more than once, which changes nothing.
 */
export class Backend {
  constructor(
    private readonly token: string,
    private readonly nodes: readonly NodeProcess[],
    private readonly random: Random,
  ) {}

  async setStatus(userId: string, choice: StatusChoice, statusText: string): Promise<void> {
    await this.call((client) => client.updateStatus({ userId, choice, statusText }));
  }

  async hide(userId: string, userIds: readonly string[]): Promise<void> {
    await this.call((client) => client.updateHiddenFrom({ userId, userIds: [...userIds] }));
  }

  async revoke(userId: string): Promise<void> {
    await this.call((client) => client.revokeTokens({ userId }));
  }

  /**
   * Mutes a user as a moderator. The user may be away for the moment. If an earlier attempt may have succeeded, it is
   * repeated until the user is back.
   */
  async mute(
    userId: string,
    state: { readonly isMicrophoneMuted: boolean; readonly isSpeakerMuted: boolean },
  ): Promise<Moderated> {
    for (let isFirst = true; ; isFirst = false) {
      try {
        await this.once((client) => client.muteUser({ userId, ...state }));
        return 'done';
      } catch (error) {
        if (isFirst && isImpossible(error)) return 'not possible';
        if (!isImpossible(error) && !mayRepeat(error)) throw error;
      }
      await sleep(AGAIN_MS);
    }
  }

  /** Removes a user from a channel. A user who is not in it any more is removed as well. */
  async removeFrom(userId: string, channelId: string): Promise<Moderated> {
    for (let isFirst = true; ; isFirst = false) {
      try {
        await this.once((client) => client.removeUser({ userId, channelId }));
        return 'done';
      } catch (error) {
        if (isImpossible(error)) return isFirst ? 'not possible' : 'done';
        if (!mayRepeat(error)) throw error;
      }
      await sleep(AGAIN_MS);
    }
  }

  private async call(request: (client: Client) => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await this.once(request);
        return;
      } catch (error) {
        if (!mayRepeat(error)) throw error;
      }
      await sleep(AGAIN_MS);
    }
  }

  private async once(request: (client: Client) => Promise<unknown>): Promise<void> {
    const client = new Client([this.random.oneOf(this.nodes).address], this.token);
    try {
      await request(client);
    } finally {
      setTimeout(() => client.close(), CLOSE_AFTER_MS);
    }
  }
}

function mayRepeat(error: unknown): boolean {
  const { code } = error as ServiceError;
  return code === status.UNAVAILABLE || code === status.CANCELLED || code === status.INTERNAL;
}

/** Whether the user is not there, or not in the channel. */
function isImpossible(error: unknown): boolean {
  const { code } = error as ServiceError;
  return code === status.NOT_FOUND || code === status.FAILED_PRECONDITION;
}
