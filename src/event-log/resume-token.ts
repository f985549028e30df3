import { createHash } from 'node:crypto';

/**
 * The content of a resume token: the last commit of each partition that its bearer has received, and a checksum of
 * these commits.
 */
export interface PartitionOffsets {
  readonly seqs: readonly number[];
  readonly checksum: number;
}

const CHECK_BYTES = 4;
/** Six bytes are enough for 89 years at 100,000 commits per second in one partition. */
const SEQ_BYTES = 6;

/**
 * Encodes the content of a resume token. The length does not depend on the numbers: they also count the commits of
 * invisible users, and every client can see the length of a token.
 */
export function packSeenCommits({ seqs, checksum: check }: PartitionOffsets): Buffer {
  const bytes = Buffer.alloc(CHECK_BYTES + seqs.length * SEQ_BYTES);
  bytes.writeUInt32BE(check);
  for (const [i, seq] of seqs.entries()) {
    bytes.writeUIntBE(seq, CHECK_BYTES + i * SEQ_BYTES, SEQ_BYTES);
  }
  return bytes;
}

export function unpackSeenCommits(bytes: Buffer): PartitionOffsets {
  const count = (bytes.length - CHECK_BYTES) / SEQ_BYTES;
  return {
    checksum: bytes.readUInt32BE(),
    seqs: Array.from({ length: count }, (_, i) =>
      bytes.readUIntBE(CHECK_BYTES + i * SEQ_BYTES, SEQ_BYTES),
    ),
  };
}

const RIGHTS_BYTES = 4;

/** The digest for viewers who see every user and every channel. */
export const ALL_RIGHTS = 0;

/** Returns the number that stands for the rights of a viewer in a resume token. */
export function rightsDigest(rights: string): number {
  if (rights === '') return ALL_RIGHTS;
  return createHash('sha256').update(rights).digest().readUInt32BE() || 1;
}

/**
 * Appends the rights of its bearer to an encrypted token, so that readers with different rights share the encryption, which
 * is expensive. The digest is not a secret, and a change of it does not let the bearer see more: the events are derived
 * with the rights of the bearer in any case. Tokens of viewers who see everything have the format of releases without rights.
 */
export function withRights(token: string, rights: number): string {
  if (rights === ALL_RIGHTS) return token;
  const digest = Buffer.alloc(RIGHTS_BYTES);
  digest.writeUInt32BE(rights);
  return Buffer.concat([Buffer.from(token, 'base64url'), digest]).toString('base64url');
}

/** Returns the encrypted token. Undefined: the token is of a reader with other rights. */
export function withoutRights(token: string, rights: number): string | undefined {
  // The encrypted token of a viewer who sees everything is invalid with a digest behind it.
  if (rights === ALL_RIGHTS) return token;
  const bytes = Buffer.from(token, 'base64url');
  const end = bytes.length - RIGHTS_BYTES;
  if (end < 0 || bytes.readUInt32BE(end) !== rights) return undefined;
  return bytes.subarray(0, end).toString('base64url');
}
