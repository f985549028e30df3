import { DashboardStore } from './live.js';
import { isAboutToken, sentenceAbout, signIn, type SignedIn } from './sign-in.js';
import { tokenStore } from './token-store.js';

interface Entered {
  readonly live: DashboardStore;
  readonly token: string;
}

/** The sign-in state of this tab, with its token. */
export class Access {
  /** Why the last token was rejected, or why access ended. Empty if there is nothing to report. */
  complaint = '';
  isBusy = false;
  /** The number of sign-ins of this tab since it was loaded. */
  signIns = 0;
  private entered: Entered | undefined;
  /** Only the last attempt counts, whichever response arrives first. */
  private attempt = 0;

  constructor(private readonly onChange: () => void) {}

  /** The data that the board displays. Undefined if this tab is not signed in. */
  get live(): DashboardStore | undefined {
    return this.entered?.live;
  }

  /** Signs in with this token. If that fails, an earlier token stays in use. */
  async enter(token: string): Promise<void> {
    const attempt = ++this.attempt;
    // The token is stored at once, so that a reload in the meantime does not lose it.
    tokenStore.set(token);
    this.isBusy = true;
    this.complaint = '';
    this.onChange();
    try {
      const signedIn = await signIn(token);
      if (attempt === this.attempt) this.use(signedIn, token);
      else signedIn.client.close();
    } catch (error) {
      if (attempt === this.attempt) this.showFailure(error);
    }
    if (attempt !== this.attempt) return;
    this.isBusy = false;
    this.onChange();
  }

  /** Signs out. */
  leave(why = ''): void {
    this.attempt += 1;
    this.isBusy = false;
    this.entered?.live.close();
    this.entered = undefined;
    tokenStore.clear();
    this.complaint = why;
    this.onChange();
  }

  dismissComplaint(): void {
    this.complaint = '';
    this.onChange();
  }

  private use(signedIn: SignedIn, token: string): void {
    this.entered?.live.close();
    const live = new DashboardStore(signedIn, (error) => {
      if (this.live === live) this.leave(sentenceAbout(error));
    });
    this.entered = { live, token };
    this.signIns += 1;
  }

  private showFailure(error: unknown): void {
    this.complaint = sentenceAbout(error);
    if (this.entered !== undefined) {
      this.complaint += ' You are still signed in with the previous token.';
      tokenStore.set(this.entered.token);
    } else if (isAboutToken(error)) {
      // A valid token is kept until the service can be reached again.
      tokenStore.clear();
    }
  }
}
