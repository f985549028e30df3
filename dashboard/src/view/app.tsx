import { useEffect, useState } from 'preact/hooks';
import { Live } from '../service/live.js';
import { isAboutToken, sentenceAbout, signIn } from '../service/sign-in.js';
import { tokenStore } from '../service/token-store.js';
import { Board } from './board.js';
import { SignIn } from './sign-in.js';

/** Whoever has a token that is good for it sees the board, and everyone else the form that asks for one. */
export function App() {
  const [live, setLive] = useState<Live>();
  const [complaint, setComplaint] = useState('');
  const [isBusy, setBusy] = useState(tokenStore.get() !== undefined);

  const enter = async (token: string): Promise<void> => {
    setBusy(true);
    setComplaint('');
    try {
      const client = await signIn(token);
      tokenStore.set(token);
      const entered = new Live(client, (error) => leave(entered, sentenceAbout(error)));
      setLive(entered);
    } catch (error) {
      // One that is good stays, for when the service can be reached again.
      if (isAboutToken(error)) tokenStore.clear();
      setComplaint(sentenceAbout(error));
    } finally {
      setBusy(false);
    }
  };

  const leave = (left: Live, why: string): void => {
    left.close();
    tokenStore.clear();
    setLive(undefined);
    setComplaint(why);
  };

  useEffect(() => {
    const token = tokenStore.get();
    if (token !== undefined) void enter(token);
  }, []);

  if (live === undefined) return <SignIn isBusy={isBusy} complaint={complaint} onToken={enter} />;
  return <Board live={live} onSignOut={() => leave(live, '')} />;
}
