import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { BULK_NAMES, questionAbout, type BulkAction, type BulkFailure } from '../model/bulk.js';
import { runBulk } from '../service/bulk-run.js';
import type { DashboardStore } from '../service/live.js';
import { useKeptFocus } from './use-kept-focus.js';

interface BulkBarProps {
  readonly live: DashboardStore;
  readonly picked: ReadonlySet<string>;
  readonly onPick: (picked: ReadonlySet<string>) => void;
  /** Gets the focus when no user is selected any more. */
  readonly refuge: RefObject<HTMLElement | null>;
}

type Step =
  | { readonly kind: 'offered' }
  | { readonly kind: 'asked' }
  | { readonly kind: 'running'; readonly done: number; readonly total: number }
  | { readonly kind: 'over'; readonly done: number; readonly failures: readonly BulkFailure[] };

/** The actions on the selected users. Each needs a confirmation. The users for whom it failed stay selected. */
export function BulkBar({ live, picked, onPick, refuge }: BulkBarProps) {
  const [step, setStep] = useState<Step>({ kind: 'offered' });
  const [kind, setKind] = useState<BulkAction['kind']>('end');
  const [fromChannelId, setFrom] = useState('');
  const [toChannelId, setTo] = useState('');
  const stop = useRef(new AbortController());
  const confirm = useRef<HTMLButtonElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => () => stop.current.abort(), []);
  // The focused button was replaced, so the focus moves to the question.
  useEffect(() => confirm.current?.focus(), [step.kind]);
  useKeptFocus(bar, refuge);

  const userIds = [...picked];
  const channelIds = [
    ...new Set(userIds.flatMap((userId) => live.users.get(userId)?.channelIds ?? [])),
  ].sort();
  const from = channelIds.includes(fromChannelId) ? fromChannelId : (channelIds[0] ?? '');
  const action: BulkAction =
    kind === 'move' ? { kind, fromChannelId: from, toChannelId: toChannelId.trim() } : { kind };
  const isComplete = action.kind !== 'move' || (from !== '' && action.toChannelId !== '');

  const run = async (): Promise<void> => {
    stop.current = new AbortController();
    const { signal } = stop.current;
    const total = userIds.length;
    setStep({ kind: 'running', done: 0, total });
    const { succeeded, failures } = await runBulk(live.client, action, userIds, {
      signal,
      onProgress: (done) => setStep({ kind: 'running', done, total }),
    });
    setStep({ kind: 'over', done: succeeded.length, failures });
    const rest = new Set(userIds);
    for (const userId of succeeded) rest.delete(userId);
    onPick(rest);
  };

  if (step.kind === 'running') {
    return (
      <div ref={bar} class="toolbar bulk" role="group" aria-label="Selected users">
        <p class="grow" role="status">
          {BULK_NAMES[kind]}: {step.done} of {step.total}
        </p>
        <button onClick={() => stop.current.abort()}>Stop</button>
      </div>
    );
  }
  if (step.kind === 'over') {
    return (
      <div ref={bar} class="toolbar bulk" role="group" aria-label="Selected users">
        <p class="grow" role="status">
          {BULK_NAMES[kind]}: done for {step.done}
          {step.failures.length > 0 && `, failed for ${step.failures.length}`}
        </p>
        <button ref={confirm} class="quiet" onClick={() => setStep({ kind: 'offered' })}>
          OK
        </button>
        {step.failures.length > 0 && (
          <ul class="failures complaint" aria-label="Failures">
            {step.failures.map(({ userId, complaint }) => (
              <li key={userId}>
                <bdi>{userId}</bdi>: {complaint}
              </li>
            ))}
          </ul>
        )}
      </div>
    );
  }
  if (picked.size === 0) return null;
  if (step.kind === 'asked') {
    const cancel = (): void => setStep({ kind: 'offered' });
    return (
      <div
        ref={bar}
        class="toolbar bulk"
        role="group"
        aria-label="Selected users"
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          cancel();
        }}
      >
        <p class="grow">{questionAbout(action, userIds)}</p>
        <button ref={confirm} class="danger" onClick={() => void run()}>
          Yes, for {picked.size.toLocaleString('en')}
        </button>
        <button class="quiet" onClick={cancel}>
          Cancel
        </button>
      </div>
    );
  }
  return (
    <div ref={bar} class="toolbar bulk" role="group" aria-label="Selected users">
      <span class="grow">{picked.size.toLocaleString('en')} selected</span>
      <select
        aria-label="Action"
        value={kind}
        onChange={({ currentTarget: { value } }) => setKind(value as BulkAction['kind'])}
      >
        {Object.entries(BULK_NAMES).map(([name, title]) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
      {kind === 'move' && (
        <>
          <select
            aria-label="From channel"
            value={from}
            onChange={({ currentTarget: { value } }) => setFrom(value)}
          >
            {channelIds.map((channelId) => (
              <option key={channelId}>{channelId}</option>
            ))}
          </select>
          <label class="search">
            <input
              aria-label="To channel"
              placeholder="To channel"
              spellcheck={false}
              value={toChannelId}
              onInput={({ currentTarget: { value } }) => setTo(value)}
            />
          </label>
        </>
      )}
      <button class="danger" disabled={!isComplete} onClick={() => setStep({ kind: 'asked' })}>
        Continue
      </button>
      <button class="quiet" onClick={() => onPick(new Set())}>
        Clear
      </button>
    </div>
  );
}
