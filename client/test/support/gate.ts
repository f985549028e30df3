import type { Transport } from '@connectrpc/connect';

/** Holds calls back while it is shut. */
export class Gate {
  private opening: Promise<void> | undefined;
  private release = (): void => {};

  shut(): void {
    this.opening = new Promise((resolve) => (this.release = resolve));
  }

  open(): void {
    this.release();
    this.opening = undefined;
  }

  before(transport: Transport): Transport {
    return {
      unary: async (...call) => {
        await this.opening;
        return transport.unary(...call);
      },
      stream: async (...call) => {
        await this.opening;
        return transport.stream(...call);
      },
    };
  }
}
