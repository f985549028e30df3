import { agoInWords, idleInWords } from '../model/time-in-words.js';
import type { User } from '../model/user.js';
import { Attributes } from './attributes.js';
import { Muted } from './muted.js';
import { StatusMark } from './status-mark.js';

interface PresenceDetailsProps {
  /** Undefined: the user is in no list. */
  readonly user: User | undefined;
  readonly now: number;
}

/** The presence of a user, as the token of a viewer may see it. */
export function PresenceDetails({ user, now }: PresenceDetailsProps) {
  // The service does not let a viewer distinguish these two cases.
  if (user === undefined)
    return <p class="panel-part muted">The user is offline, or this token may not see the user.</p>;
  const { status, statusText, channelIds, attributes, platforms, connectedAt } = user;
  return (
    <>
      <div class="panel-part facts">
        <StatusMark status={status} />
        {channelIds.map((channelId) => (
          <bdi key={channelId} class="fact">
            {channelId}
          </bdi>
        ))}
        <Muted user={user} />
        {statusText !== '' && <bdi class="muted">“{statusText}”</bdi>}
      </div>
      <dl class="panel-part details">
        <dt>Platforms</dt>
        <dd>{platforms.join(', ')}</dd>
        <dt>Connected</dt>
        <dd>{agoInWords(connectedAt, now)}</dd>
        <dt>Idle</dt>
        <dd>{idleInWords(user, now)}</dd>
      </dl>
      {Object.keys(attributes).length > 0 && (
        <section class="panel-part" aria-label="Attributes">
          <h3>Attributes</h3>
          <Attributes attributes={attributes} />
        </section>
      )}
    </>
  );
}
