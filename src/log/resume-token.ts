import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';

/** More than there are partitions, and few enough for a token to be read in no time. */
const MAX_PARTITIONS = 256;

const MAX_LENGTH = 3000;

/** The first byte. Another form would have another one. */
const FORM = 1;

/** What a resume token says: the last commit that its bearer has seen of each partition, and a digest of those. */
export interface SeenCommits {
  readonly seqs: readonly number[];
  readonly check: number;
}

export function formatResumeToken({ seqs, check }: SeenCommits): string {
  const writer = new BinaryWriter().uint32(FORM).fixed32(check);
  for (const seq of seqs) writer.uint64(seq);
  return Buffer.from(writer.finish()).toString('base64url');
}

/** Undefined: not one of our tokens. */
export function parseResumeToken(token: string): SeenCommits | undefined {
  if (token.length > MAX_LENGTH) return undefined;
  try {
    const reader = new BinaryReader(Buffer.from(token, 'base64url'));
    if (reader.uint32() !== FORM) return undefined;
    const check = reader.fixed32();
    const seqs: number[] = [];
    while (reader.pos < reader.len) seqs.push(Number(reader.uint64()));
    const seen = { seqs, check };
    // Decoding is lenient; only what we would have written ourselves is taken.
    const isOurs = seqs.every(Number.isSafeInteger) && formatResumeToken(seen) === token;
    return isOurs && seqs.length <= MAX_PARTITIONS ? seen : undefined;
  } catch {
    return undefined;
  }
}
