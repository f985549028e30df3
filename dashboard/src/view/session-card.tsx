import { useEffect, useRef, useState } from 'preact/hooks';
import type { ExplainedSession } from '#client';
import { describeSessionEnd } from '#client/describe';
import { agoInWords, inWords } from '../model/time-in-words.js';

interface SessionCardProps {
  readonly session: ExplainedSession;
  readonly now: number;
  readonly onEnd: () => Promise<void>;
}

/** One session, with a button that ends it after a confirmation. */
export function SessionCard({ session, now, onEnd }: SessionCardProps) {
  const { sessionId, platform, connectedAt, lastActiveAt, nodeId, channelIds } = session;
  const end = describeSessionEnd(session, { time: (at) => inWords(at, now) });
  return (
    <article class="session" aria-label={`Session on ${platform}`}>
      <div class="session-head">
        <h4>{platform}</h4>
        {channelIds.map((channelId) => (
          <bdi key={channelId} class="fact">
            {channelId}
          </bdi>
        ))}
        <EndButton onEnd={onEnd} />
      </div>
      <dl>
        <dt>Since</dt>
        <dd>{agoInWords(connectedAt, now)}</dd>
        <dt>Last activity</dt>
        <dd>{agoInWords(lastActiveAt, now)}</dd>
        {end !== undefined && (
          <>
            <dt>Ends</dt>
            <dd>{end}</dd>
          </>
        )}
        <dt>Node</dt>
        <dd class="cut">{nodeId}</dd>
        <dt>Id</dt>
        <dd class="cut">{sessionId}</dd>
      </dl>
    </article>
  );
}

function EndButton({ onEnd }: Pick<SessionCardProps, 'onEnd'>) {
  const [step, setStep] = useState<'offered' | 'asked' | 'ending'>('offered');
  const confirm = useRef<HTMLButtonElement>(null);
  const offer = useRef<HTMLButtonElement>(null);
  const wasAsked = useRef(false);
  // The focused button was replaced, so the focus must move to a new button or it would be lost.
  useEffect(() => {
    if (step === 'asked') confirm.current?.focus();
    if (step === 'offered' && wasAsked.current) offer.current?.focus();
    wasAsked.current = step !== 'offered';
  }, [step]);

  if (step === 'offered') {
    return (
      <button ref={offer} class="danger quiet" onClick={() => setStep('asked')}>
        End session
      </button>
    );
  }
  const end = async (): Promise<void> => {
    setStep('ending');
    await onEnd();
    setStep('offered');
  };
  return (
    <span
      class="confirm"
      role="group"
      aria-label="End this session?"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        // The key withdraws the question and leaves the panel open.
        event.preventDefault();
        setStep('offered');
      }}
    >
      <button
        ref={confirm}
        class="danger"
        // A disabled button would lose the focus.
        aria-disabled={step === 'ending'}
        onClick={() => {
          if (step === 'asked') void end();
        }}
      >
        {step === 'ending' ? 'Ending…' : 'Yes, end it'}
      </button>
      <button class="quiet" onClick={() => setStep('offered')}>
        Keep it
      </button>
    </span>
  );
}
