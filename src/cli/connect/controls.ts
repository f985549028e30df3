import type { ChosenStatus, Presence, PresenceCollection, Session } from '#client';

/** What a user at a terminal can do with the own session. Everything returns the own presence afterwards. */
export class Controls {
  /** The last choice made here, until others are shown what followed from it. Undefined: what others are shown decides. */
  private chosen: { readonly choice: ChosenStatus; readonly version: bigint } | undefined;

  constructor(
    private readonly session: Session,
    /** Holds what others are shown of the user, among others. */
    private readonly shown: Pick<PresenceCollection, 'get'>,
  ) {}

  /** Whether everyone else is shown the user as OFFLINE. */
  get isInvisible(): boolean {
    return this.choice === 'invisible';
  }

  join(channelId: string): Promise<Presence> {
    return this.session.joinChannel(channelId);
  }

  leave(): Promise<Presence> {
    return this.session.leaveChannel();
  }

  toggleMicrophone(): Promise<Presence> {
    return this.session.mute({ microphone: !this.own?.isMicrophoneMuted });
  }

  toggleSpeaker(): Promise<Presence> {
    return this.session.mute({ speaker: !this.own?.isSpeakerMuted });
  }

  /** The text beside the status stays. */
  async choose(choice: ChosenStatus): Promise<Presence> {
    const presence = await this.session.setStatus(choice, { text: this.own?.statusText ?? '' });
    this.chosen = { choice, version: presence.version };
    return presence;
  }

  /** Takes in what others are shown of the user now: another device may have chosen since. */
  noteShown({ version }: Presence): void {
    if (this.chosen !== undefined && version >= this.chosen.version) this.chosen = undefined;
  }

  /** The choice stays. Empty: nothing is said any more. */
  say(text: string): Promise<Presence> {
    return this.session.setStatus(this.choice, { text });
  }

  private get own(): Presence | undefined {
    return this.session.presence;
  }

  /** Text and choice are set together, so that one who was made invisible elsewhere must not be shown by a text. */
  private get choice(): ChosenStatus {
    if (this.chosen !== undefined) return this.chosen.choice;
    const status = this.shown.get(this.own?.userId ?? '')?.status ?? 'offline';
    if (status === 'offline') return 'invisible';
    return status === 'away' || status === 'do-not-disturb' ? status : 'automatic';
  }
}
