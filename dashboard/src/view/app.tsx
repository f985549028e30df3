import { useLayoutEffect, useReducer, useState } from 'preact/hooks';
import { Access } from '../service/access.js';
import { replaceFragment } from '../service/address.js';
import { takeTokenFromAddress, tokenStore } from '../service/token-store.js';
import { Board } from './board.js';
import { Notice } from './notice.js';
import { SignIn } from './sign-in.js';

/** Shows the board if the token is valid, and otherwise the form that asks for a token. */
export function App() {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const [access] = useState(() => new Access(() => draw(undefined)));

  // Runs before the first paint, so that the form does not flash.
  useLayoutEffect(() => {
    const token = takeTokenFromAddress() ?? tokenStore.get();
    if (token !== undefined) void access.enter(token);
    // The browser does not reload an open tab when only the part after the # changes.
    const onHashChange = (): void => {
      const given = takeTokenFromAddress();
      if (given !== undefined) void access.enter(given);
    };
    addEventListener('hashchange', onHashChange);
    return () => removeEventListener('hashchange', onHashChange);
  }, [access]);

  const leave = (): void => {
    access.leave();
    // The names in the link are for the person who signs out.
    replaceFragment('');
  };
  const { live, complaint, isBusy } = access;
  if (live === undefined) {
    return (
      <SignIn isBusy={isBusy} complaint={complaint} onToken={(token) => access.enter(token)} />
    );
  }
  return (
    <>
      <Board key={access.signIns} live={live} onSignOut={leave} />
      {complaint !== '' && <Notice text={complaint} onDismiss={() => access.dismissComplaint()} />}
    </>
  );
}
