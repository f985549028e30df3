const FORM = /^([\w-]{8})\.([0-9a-z]{1,11})$/;

/** A place in the log: everything before `position` has been seen. */
export interface ResumePoint {
  /** Names one life of one log. A position means nothing in another. */
  readonly epoch: string;
  readonly position: number;
}

export function formatResumeToken({ epoch, position }: ResumePoint): string {
  return `${epoch}.${position.toString(36)}`;
}

/** Undefined: not one of our tokens. */
export function parseResumeToken(token: string): ResumePoint | undefined {
  const [, epoch, digits] = FORM.exec(token) ?? [];
  if (epoch === undefined || digits === undefined) return undefined;
  const position = Number.parseInt(digits, 36);
  return Number.isSafeInteger(position) ? { epoch, position } : undefined;
}
