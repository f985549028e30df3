import { createConnectTransport } from '@connectrpc/connect-web';
import { createPresenceClient } from '@presence-service/client';
import { trackActivity } from '@presence-service/client/activity';
import {
  PresenceProvider,
  useConnectionState,
  useMyPresence,
  useSession,
} from '@presence-service/client/react';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Chat } from './chat.js';
import { Document } from './document.js';
import { Roster } from './roster.js';
import { Stage } from './stage.js';

/** The token is in the address behind "#". A product fetches it from its backend. */
const client = createPresenceClient({
  transport: () => createConnectTransport({ baseUrl: location.origin }),
  token: location.hash.slice(1),
});

/** Each page opens the streams that it needs: over HTTP/1.1 a browser has only six connections. */
const PAGES = { Chat, Document, Stage };

function App() {
  const [page, setPage] = useState<keyof typeof PAGES>('Chat');
  const Page = PAGES[page];
  return (
    <>
      <Me />
      <Roster />
      <nav>
        {Object.keys(PAGES).map((name) => (
          <button key={name} onClick={() => setPage(name as keyof typeof PAGES)}>
            {name}
          </button>
        ))}
      </nav>
      <Page />
    </>
  );
}

function Me() {
  const connection = useConnectionState();
  const session = useSession();
  const { presence, setStatus } = useMyPresence();
  useEffect(() => (session ? trackActivity(session) : undefined), [session]);
  const isAway = presence?.status === 'away';
  return (
    <p>
      You are <output id="me">{presence?.status ?? connection}</output>{' '}
      <button onClick={() => void setStatus(isAway ? 'automatic' : 'away')}>
        {isAway ? 'I am back' : 'I am away'}
      </button>
    </p>
  );
}

createRoot(document.querySelector('#app')!).render(
  <StrictMode>
    <PresenceProvider client={client}>
      <App />
    </PresenceProvider>
  </StrictMode>,
);
