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
