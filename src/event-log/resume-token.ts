import { createHash } from 'node:crypto';

/**
 * The content of a resume token: the last commit of each partition that its bearer has received, a checksum of these
 * commits, and what its bearer might see.
 */
export interface PartitionOffsets {
  readonly seqs: readonly number[];
  readonly checksum: number;
  /** See `rightsDigest`. */
  readonly rights: number;
}

const CHECK_BYTES = 4;
const RIGHTS_BYTES = 4;
/** Six bytes are enough for 89 years at 100,000 commits per second in one partition. */
const SEQ_BYTES = 6;

/** The digest for viewers who see every user and every channel. */
export const ALL_RIGHTS = 0;

/** Returns the number that stands for the rights of a viewer in a resume token. */
export function rightsDigest(rights: string): number {
  if (rights === '') return ALL_RIGHTS;
  return createHash('sha256').update(rights).digest().readUInt32BE() || 1;
}

/**
 * Encodes the content of a resume token. The length does not depend on the numbers: they also count the commits of
 * invisible users, and every client can see the length of a token. Tokens of viewers who see everything have the format
 * of releases without rights.
 */
export function packSeenCommits({ seqs, checksum: check, rights }: PartitionOffsets): Buffer {
  const end = CHECK_BYTES + seqs.length * SEQ_BYTES;
  const bytes = Buffer.alloc(rights === ALL_RIGHTS ? end : end + RIGHTS_BYTES);
  bytes.writeUInt32BE(check);
  for (const [i, seq] of seqs.entries()) {
    bytes.writeUIntBE(seq, CHECK_BYTES + i * SEQ_BYTES, SEQ_BYTES);
  }
  if (rights !== ALL_RIGHTS) bytes.writeUInt32BE(rights, end);
  return bytes;
}

export function unpackSeenCommits(bytes: Buffer): PartitionOffsets {
  const count = Math.floor((bytes.length - CHECK_BYTES) / SEQ_BYTES);
  const end = CHECK_BYTES + count * SEQ_BYTES;
  return {
    checksum: bytes.readUInt32BE(),
    seqs: Array.from({ length: count }, (_, i) =>
      bytes.readUIntBE(CHECK_BYTES + i * SEQ_BYTES, SEQ_BYTES),
    ),
    rights: bytes.length === end ? ALL_RIGHTS : bytes.readUInt32BE(end),
  };
}
