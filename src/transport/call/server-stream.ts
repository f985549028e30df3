/** The server's end of a streaming call, whatever it came over. */
export interface ServerStream {
  /** Whether a message would go out rather than into a queue. */
  readonly isReady: boolean;

  /** Whether the whole connection is gone, and without a word: its client has not ended it, but was lost. */
  readonly isConnectionLost: boolean;

  /** Whether a client that has fallen silent is found out without its help. */
  readonly noticesSilence: boolean;

  onReady(listener: () => void): void;
}

/** A call that sees to its connection itself. */
export interface ClosingCall {
  /** Closes the connection behind the answer, since its caller calls far too often. */
  closeConnection(): void;

  /** It is answered late on purpose, and may be given up for the room that it takes. */
  keepWaiting(): void;
}
