/** The server side of a streaming call, for any transport. */
export interface ServerStream {
  /** Whether the transport can send a message at once, instead of queuing it. */
  readonly isReady: boolean;

  /** Whether the connection was lost: it is closed, but the client did not close it cleanly. */
  readonly isConnectionLost: boolean;

  /** Whether the transport detects a silent client by itself, for example with PING. */
  readonly detectsDeadPeer: boolean;

  onReady(listener: () => void): void;
}

/** A call that manages its own connection. */
export interface ClosingCall {
  /** Closes the connection after the response, because the client repeats rejected calls. */
  closeConnection(): void;
}
