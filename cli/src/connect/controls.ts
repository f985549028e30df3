import { attributesOf } from '../options/attributes.js';
import type { ChosenStatus, Presence, PresenceCollection, Session } from '#client';

/** The actions of a user on the own session. Every action returns the new own presence. */
export class Controls {
  /**
   * The last choice of this session, until the shown presence includes it. If undefined, the choice is derived from
   * the shown presence.
   */
  private chosen: { readonly choice: ChosenStatus; readonly version: bigint } | undefined;

  constructor(
    private readonly session: Session,
    /** Contains the shown presence of the user, among others. */
    private readonly shown: Pick<PresenceCollection, 'get'>,
  ) {}

  /** Whether the user is invisible: everyone else sees OFFLINE. */
  get isInvisible(): boolean {
    return this.choice === 'invisible';
  }

  join(channelId: string, { keepOthers = false } = {}): Promise<Presence> {
    return this.session.joinChannel(channelId, { keepOthers });
  }

  leave(channelId: string): Promise<Presence> {
    return this.session.leaveChannel(channelId);
  }

  leaveAll(): Promise<Presence> {
    return this.session.leaveChannel();
  }

  /** Sets an attribute from "key=value". A key alone removes it. */
  setAttribute(text: string): Promise<Presence> {
    return this.session.setAttributes(attributesOf(text));
  }

  toggleMicrophone(): Promise<Presence> {
    return this.session.mute({ microphone: !this.own?.isMicrophoneMuted });
  }

  toggleSpeaker(): Promise<Presence> {
    return this.session.mute({ speaker: !this.own?.isSpeakerMuted });
  }

  /** Sets the choice and keeps the status text. */
  async choose(choice: ChosenStatus): Promise<Presence> {
    const presence = await this.session.setStatus(choice, { text: this.own?.statusText ?? '' });
    this.chosen = { choice, version: presence.version };
    return presence;
  }

  /** Processes a new shown presence of the user. A newer version may contain a choice of another device. */
  noteShown({ version }: Presence): void {
    if (this.chosen !== undefined && version >= this.chosen.version) this.chosen = undefined;
  }

  /** Sets the status text and keeps the choice. An empty text removes it. */
  say(text: string): Promise<Presence> {
    return this.session.setStatus(this.choice, { text });
  }

  private get own(): Presence | undefined {
    return this.session.presence;
  }

  /**
   * The current choice. One call sets text and choice together, so a wrong choice here would make a user visible whom
   * another device made invisible.
   */
  private get choice(): ChosenStatus {
    if (this.chosen !== undefined) return this.chosen.choice;
    const status = this.shown.get(this.own?.userId ?? '')?.status ?? 'offline';
    if (status === 'offline') return 'invisible';
    return status === 'away' || status === 'do-not-disturb' ? status : 'automatic';
  }
}
