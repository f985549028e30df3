import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import { CommandExecutor } from '../commands/command-executor.js';
import type { Moderator } from '../domain/moderation.js';
import type { Input } from '../domain/input.js';
import type { Presence } from '../domain/presence.js';
import { shownTo } from '../domain/visibility.js';

/** The commands of moderators. The rules check whether the caller may give them. */
@Injectable()
export class ModerationService {
  constructor(private readonly commands: CommandExecutor) {}

  /** Sets the mute state that moderators control. An undefined state stays as it is. */
  muteUser(
    caller: Principal,
    userId: string,
    mute: {
      readonly isMicrophoneMuted: boolean | undefined;
      readonly isSpeakerMuted: boolean | undefined;
    },
  ): Promise<Presence> {
    return this.execute(caller, userId, {
      type: 'moderateMute',
      moderator: moderatorOf(caller),
      ...mute,
    });
  }

  moveUser(
    caller: Principal,
    userId: string,
    fromChannelId: string,
    toChannelId: string,
  ): Promise<Presence> {
    const moderator = moderatorOf(caller);
    return this.execute(caller, userId, {
      type: 'moveUser',
      moderator,
      fromChannelId,
      toChannelId,
    });
  }

  removeUser(caller: Principal, userId: string, channelId: string): Promise<Presence> {
    const moderator = moderatorOf(caller);
    return this.execute(caller, userId, { type: 'removeUser', moderator, channelId });
  }

  private async execute(caller: Principal, userId: string, input: Input): Promise<Presence> {
    const { user } = await this.commands.execute(userId, input);
    return shownTo(caller.viewer, user);
  }
}

function moderatorOf({ viewer, isAdmin, moderate }: Principal): Moderator {
  const moderates = isAdmin ? undefined : (channelId: string) => moderate.matches(channelId);
  return { viewer, moderates };
}
