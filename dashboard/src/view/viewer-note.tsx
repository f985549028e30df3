import type { Viewer } from '../service/viewer.js';

/** The note above the lists if the token is not an admin's: what the page shows, and what it does not. */
export function ViewerNote({ viewer: { userId, isWatchOnly } }: { readonly viewer: Viewer }) {
  return (
    <p class="viewer-note card" role="note">
      The page shows the users and channels that the token
      {userId !== undefined && (
        <>
          {' of '}
          <bdi>{userId}</bdi>
        </>
      )}{' '}
      may see.
      {isWatchOnly && ' The token is only for watching: it cannot begin a session.'} Metrics,
      sessions and explanations need a token with the scope <code>presence:admin</code>.
    </p>
  );
}
