import type { CollectionState } from '#client';

export interface ConnectionInWords {
  readonly tone: 'good' | 'waiting' | 'bad';
  readonly text: string;
}

/** Describes the state of the collection of users. */
export function connectionInWords(state: CollectionState): ConnectionInWords {
  switch (state.status) {
    case 'loading':
      return { tone: 'waiting', text: state.error ? 'Unreachable, reconnecting' : 'Loading' };
    case 'live':
      return { tone: 'good', text: 'Live' };
    case 'stale':
      return { tone: 'bad', text: state.error ? 'Connection lost, reconnecting' : 'Catching up' };
    case 'closed':
      return { tone: 'bad', text: 'Closed' };
  }
}
