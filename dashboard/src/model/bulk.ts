/** An action on each of several users. */
export type BulkAction =
  | { readonly kind: 'end' }
  | { readonly kind: 'mute' }
  | { readonly kind: 'unmute' }
  | { readonly kind: 'move'; readonly fromChannelId: string; readonly toChannelId: string }
  | { readonly kind: 'revoke' };

/** The title of each kind of action. */
export const BULK_NAMES: Readonly<Record<BulkAction['kind'], string>> = {
  end: 'End sessions',
  mute: 'Mute microphones',
  unmute: 'Unmute microphones',
  move: 'Move to a channel',
  revoke: 'Revoke tokens',
};

/** A user for whom an action failed. */
export interface BulkFailure {
  readonly userId: string;
  readonly complaint: string;
}

/** The maximum number of users that a question names. */
const NAMED = 5;

/** Returns the question that a person must confirm before the action. */
export function questionAbout(action: BulkAction, userIds: readonly string[]): string {
  const more = userIds.length - NAMED;
  const names = userIds.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
  switch (action.kind) {
    case 'end':
      return `End all sessions of ${names}?`;
    case 'mute':
      return `Mute the microphones of ${names}?`;
    case 'unmute':
      return `Lift the mute of the microphones of ${names}?`;
    case 'move':
      return `Move ${names} from ${action.fromChannelId} to ${action.toChannelId}?`;
    case 'revoke':
      return `Revoke all tokens of ${names}, and end their sessions?`;
  }
}
