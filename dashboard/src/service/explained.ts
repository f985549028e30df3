import { PresenceError, type Explanation, type PresenceClient } from '#client';
import type { DashboardApi } from './dashboard-api.js';
import { isAboutToken, sentenceAbout } from './sign-in.js';

/**
 * The interval between two requests for the explanation, in milliseconds. Heartbeats and activities change it without
 * an event.
 */
const ANEW_EVERY_MS = 3000;

export type Explained =
  | { readonly kind: 'loading' }
  | {
      readonly kind: 'loaded';
      readonly explanation: Explanation;
      /** Undefined: they are not known. */
      readonly groups: readonly string[] | undefined;
      readonly complaint?: string;
    }
  | { readonly kind: 'failed'; readonly complaint: string };

/** Keeps the explanation of one user up to date until it is closed. */
export class ExplainedUser {
  private readonly stop = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private latest: Explained = { kind: 'loading' };
  private groups: readonly string[] | undefined;
  /** The sessions that the groups are from. A session keeps the groups with which it began. */
  private grouped: string | undefined;
  /** Responses can overtake one another, so only the last request counts. */
  private question = 0;

  constructor(
    private readonly client: PresenceClient,
    private readonly api: Pick<DashboardApi, 'groups'>,
    private readonly userId: string,
    private readonly onChange: (explained: Explained) => void,
    private readonly onRejected: (error: unknown) => void,
  ) {
    void this.ask();
  }

  /** Requests the explanation now. */
  async ask(): Promise<void> {
    clearTimeout(this.timer);
    const question = ++this.question;
    const { signal } = this.stop;
    try {
      const explanation = await this.client.explain(this.userId, { signal });
      if (question === this.question) this.show(explanation);
      await this.readGroups(explanation);
      if (question === this.question) this.show(explanation);
    } catch (error) {
      if (signal.aborted || question !== this.question) return;
      if (isInvalidId(error)) return this.showError('No user can have this id.');
      if (isAboutToken(error)) this.onRejected(error);
      this.showError(sentenceAbout(error));
    }
    if (signal.aborted || question !== this.question) return;
    this.timer = setTimeout(() => void this.ask(), ANEW_EVERY_MS);
  }

  async endSession(sessionId: string): Promise<void> {
    try {
      await this.client.endSession(sessionId, { signal: this.stop.signal });
    } catch (error) {
      if (isAboutToken(error)) this.onRejected(error);
      this.showError(`The session was not ended. ${sentenceAbout(error)}`);
      return;
    }
    await this.ask();
  }

  close(): void {
    this.stop.abort();
    clearTimeout(this.timer);
  }

  private show(explanation: Explanation): void {
    this.publish({ kind: 'loaded', explanation, groups: this.groups });
  }

  private async readGroups({ sessions }: Explanation): Promise<void> {
    const ids = sessions.map(({ sessionId }) => sessionId).join();
    if (ids === this.grouped) return;
    try {
      this.groups = await this.api.groups(this.userId, this.stop.signal);
      this.grouped = ids;
    } catch {
      // The explanation is worth showing without them, and the next one asks again.
      this.groups = undefined;
    }
  }

  /** Shows an error. The last explanation stays visible beside it, because it is better than nothing. */
  private showError(complaint: string): void {
    const { latest } = this;
    this.publish(
      latest.kind === 'loaded' ? { ...latest, complaint } : { kind: 'failed', complaint },
    );
  }

  private publish(explained: Explained): void {
    if (this.stop.signal.aborted) return;
    this.latest = explained;
    this.onChange(explained);
  }
}

/** The id is the only argument of the call. It comes from the search or from a link, so it may be anything. */
function isInvalidId(error: unknown): boolean {
  return error instanceof PresenceError && error.code === 'invalid-argument';
}
