/** What a resume token says: the last commit that its bearer has seen of each partition, and a digest of those. */
export interface PartitionOffsets {
  readonly seqs: readonly number[];
  readonly checksum: number;
}

const CHECK_BYTES = 4;
/** A partition that takes 100,000 commits a second numbers them with these for 89 years. */
const SEQ_BYTES = 6;

/**
 * What is sealed into a resume token. As long for small numbers as for large ones: they count all commits, those of
 * invisible users too, and the length of a token is there for everyone to see.
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
