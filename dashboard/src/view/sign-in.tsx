import { useEffect, useRef } from 'preact/hooks';
import { Logo } from './icons.js';

interface SignInProps {
  readonly isBusy: boolean;
  /** Why the last token was rejected. Empty if there is nothing to report. */
  readonly complaint: string;
  readonly onToken: (token: string) => Promise<void>;
}

/** The form that asks for a token. */
export function SignIn({ isBusy, complaint, onToken }: SignInProps) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  const submit = (event: Event): void => {
    event.preventDefault();
    const token = field.current!.value.trim();
    if (token === '') field.current!.focus();
    else void onToken(token);
  };

  return (
    <main class="sign-in">
      <form class="card" onSubmit={submit}>
        <Logo />
        <h1>Presence</h1>
        <p class="muted">
          Users, their status and their events, live, as far as your token may see them. A token
          with the scope <code>presence:admin</code> also shows metrics and sessions.
        </p>
        <label for="token">Token</label>
        <input
          id="token"
          ref={field}
          type="password"
          autocomplete="off"
          spellcheck={false}
          placeholder="eyJhbGciOi…"
          aria-invalid={complaint !== ''}
          aria-describedby="complaint"
        />
        <p id="complaint" class="complaint" role="alert">
          {complaint}
        </p>
        <button class="primary" disabled={isBusy}>
          {isBusy ? 'Signing in…' : 'Sign in'}
        </button>
        <p class="hint">
          The token is kept in this tab only. To create an admin token that is valid for one hour:
          <code>npm run -s token -- me --admin --ttl 3600</code>
        </p>
      </form>
    </main>
  );
}
