import { useEffect, useRef, useState } from 'preact/hooks';
import type { ExplainedSession } from '#client';
import { describeExplanation } from '#client/describe';
import { agoInWords, clockTime, inWords } from '../model/time-in-words.js';
import { nameOf } from '../model/user.js';
import { ExplainedUser, type Explained } from '../service/explained.js';
import type { DashboardStore } from '../service/live.js';
import { Attributes } from './attributes.js';
import { Muted } from './muted.js';
import { SessionCard } from './session-card.js';
import { StatusMark } from './status-mark.js';
import { useKeptFocus } from './use-kept-focus.js';

interface ExplanationProps {
  readonly live: DashboardStore;
  readonly userId: string;
}

/** Why a user has the status, with the sessions and the next change. Only admins may ask the service for it. */
export function Explanation({ live, userId }: ExplanationProps) {
  const [explained, setExplained] = useState<Explained>({ kind: 'loading' });
  const source = useRef<ExplainedUser>(null);

  useEffect(() => {
    const user = new ExplainedUser(live.client, live.api, userId, setExplained, live.onRejected);
    source.current = user;
    return () => user.close();
  }, [userId]);

  // An event can change the explanation too, so it is requested again at once.
  const version = live.users.get(userId)?.version;
  const seen = useRef(version);
  useEffect(() => {
    if (seen.current === version) return;
    seen.current = version;
    void source.current?.ask();
  }, [version]);

  return <ExplanationBody explained={explained} now={live.now()} source={source.current} />;
}

interface ExplanationBodyProps {
  readonly explained: Explained;
  readonly now: number;
  readonly source: ExplainedUser | null;
}

function ExplanationBody({ explained, now, source }: ExplanationBodyProps) {
  if (explained.kind === 'loading') return <p class="panel-part muted">Loading…</p>;
  if (explained.kind === 'failed') return <p class="panel-part complaint">{explained.complaint}</p>;
  const { explanation, groups, complaint } = explained;
  const { own, sessions } = explanation;
  return (
    <>
      <div class="panel-part facts">
        <StatusMark status={own.status} />
        {own.channelIds.map((channelId) => (
          <bdi key={channelId} class="fact">
            {channelId}
          </bdi>
        ))}
        <Muted user={own} />
        {own.statusText !== '' && <bdi class="muted">“{own.statusText}”</bdi>}
      </div>
      {complaint !== undefined && (
        <p class="panel-part complaint" role="alert">
          {complaint}
        </p>
      )}
      {Object.keys(own.attributes).length > 0 && (
        <section class="panel-part" aria-label="Attributes">
          <h3>Attributes</h3>
          <Attributes attributes={own.attributes} />
        </section>
      )}
      {groups !== undefined && groups.length > 0 && (
        <section class="panel-part" aria-label="Groups">
          <h3>Groups</h3>
          <p class="facts">
            {groups.map((groupId) => (
              <bdi key={groupId} class="fact">
                {groupId}
              </bdi>
            ))}
          </p>
        </section>
      )}
      <section class="panel-part" aria-label="Explanation">
        <h3>Why {nameOf(own.status).toLowerCase()}?</h3>
        {describeExplanation(explanation, {
          // Capitals, as in the contract, so that a status is not read as a word of the sentence.
          status: (status) => nameOf(status).toUpperCase(),
          time: (at, tense) =>
            tense === 'past' ? agoInWords(at, now) : `${inWords(at, now)}, at ${clockTime(at)}`,
        }).map((sentence, i) => (
          <p key={i} class="sentence">
            {sentence}
          </p>
        ))}
      </section>
      <Sessions
        sessions={sessions}
        now={now}
        onEnd={async (sessionId) => source?.endSession(sessionId)}
      />
    </>
  );
}

interface SessionsProps {
  readonly sessions: readonly ExplainedSession[];
  readonly now: number;
  readonly onEnd: (sessionId: string) => Promise<void>;
}

function Sessions({ sessions, now, onEnd }: SessionsProps) {
  const section = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  // A session that ends removes its card and the buttons on it.
  useKeptFocus(section, heading);
  return (
    <section ref={section} class="panel-part" aria-label="Sessions">
      <h3 ref={heading} tabIndex={-1}>
        Sessions <span class="count">{sessions.length}</span>
      </h3>
      {sessions.length === 0 && <p class="muted">No sessions.</p>}
      {sessions.map((session) => (
        <SessionCard
          key={session.sessionId}
          session={session}
          now={now}
          onEnd={() => onEnd(session.sessionId)}
        />
      ))}
    </section>
  );
}
