import { usePresence } from '@presence-service/client/react';

/** The people whom the product knows, there or not. */
const TEAM = ['alice', 'bob', 'carol'];

export function Roster() {
  return (
    <ul id="roster">
      {TEAM.map((userId) => (
        <Person key={userId} userId={userId} />
      ))}
    </ul>
  );
}

/** Renders only when the status of the user changes. */
function Person({ userId }: { readonly userId: string }) {
  const status = usePresence(userId, (presence) => presence.status) ?? 'unknown';
  return (
    <li>
      <span className={`dot ${status}`} title={status} />
      {userId}
    </li>
  );
}
