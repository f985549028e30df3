import type { Backend } from '../backend.js';
import type { Random } from '../random.js';
import { tokenOf } from '../tokens.js';
import type { AccessHistory, HiddenTime, IssuedToken, Revocation } from './access-history.js';
import { memberGrants, someGroups } from './tenants.js';

/** The maximum number of viewers from whom a user hides. */
const MOST_HIDDEN = 3;

/** The number of tokens of a user that are remembered, to try them after they were revoked. */
const TOKENS_KEPT = 3;

export interface AccessLifeOptions {
  readonly userId: string;
  /** The viewers who look at the users. */
  readonly viewerIds: readonly string[];
  readonly random: Random;
  readonly access: AccessHistory;
  readonly backend: Backend;
}

/** The rights of a user: its groups, its tokens, and from whom it hides. */
export class AccessLife {
  /** The groups of the next token. */
  groups: readonly string[];
  private hidden: readonly HiddenTime[] = [];
  private tokens: readonly IssuedToken[] = [];

  constructor(private readonly options: AccessLifeOptions) {
    this.groups = someGroups(options.random);
  }

  /** Returns a new token with the current groups. */
  async token(): Promise<{ readonly text: string; readonly groups: readonly string[] }> {
    const { userId } = this.options;
    const { groups } = this;
    const issuedAt = Math.floor(Date.now() / 1000);
    const text = await tokenOf(userId, { grants: memberGrants(groups) });
    this.tokens = [...this.tokens, { userId, text, issuedAt }].slice(-TOKENS_KEPT);
    return { text, groups };
  }

  changeGroups(): void {
    this.groups = someGroups(this.options.random);
  }

  /** The viewers from whom the user hides, according to the acknowledged commands. */
  get hiddenFrom(): readonly string[] {
    return this.hidden.map(({ viewerId }) => viewerId);
  }

  /** Replaces the list of viewers from whom the user hides. */
  async hide(): Promise<void> {
    const { random, userId, viewerIds, access, backend } = this.options;
    const count = random.between(0, MOST_HIDDEN);
    const wanted = new Set(Array.from({ length: count }, () => random.oneOf(viewerIds)));
    const askedAt = Date.now();
    const kept = this.hidden.filter(({ viewerId }) => wanted.has(viewerId));
    const ending = this.hidden.filter(({ viewerId }) => !wanted.has(viewerId));
    for (const each of ending) each.endAskedAt = askedAt;
    const begun = [...wanted]
      .filter((viewerId) => !kept.some((each) => each.viewerId === viewerId))
      .map((viewerId): HiddenTime => ({ userId, viewerId, askedAt }));
    access.hidden.push(...begun);
    await backend.hide(userId, [...wanted]);
    const now = Date.now();
    for (const each of begun) each.from = now;
    for (const each of ending) each.until = now;
    this.hidden = [...kept, ...begun];
  }

  /** Revokes the tokens that were issued so far. */
  async revoke(): Promise<void> {
    const { userId, access, backend } = this.options;
    await revokeTokens(userId, this.tokens, access, backend);
  }
}

/** Revokes the tokens of a user, and records which of them are certainly revoked. */
export async function revokeTokens(
  userId: string,
  tokens: readonly IssuedToken[],
  { revocations }: AccessHistory,
  backend: Backend,
): Promise<void> {
  const askedAt = Date.now();
  const revoked = tokens.filter(({ issuedAt }) => issuedAt * 1000 < askedAt - 50);
  const record: Revocation = { userId, askedAt, revoked };
  revocations.push(record);
  await backend.revoke(userId);
  record.at = Date.now();
}
