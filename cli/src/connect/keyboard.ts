import { createInterface, emitKeypressEvents } from 'node:readline';

/** Reads single keys from a terminal, and a line of text on request. */
export class Keyboard {
  private isAsking = false;

  /** Returns undefined if input or output is not a terminal. */
  static of(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Keyboard | undefined {
    return input.isTTY && output.isTTY ? new Keyboard(input, output) : undefined;
  }

  private constructor(
    private readonly input: NodeJS.ReadStream,
    private readonly output: NodeJS.WriteStream,
  ) {}

  /**
   * Calls `onKey` for every key, except for the keys of a requested line and for Ctrl-C, which sends SIGINT as usual.
   */
  listen(onKey: (key: string) => void): void {
    emitKeypressEvents(this.input);
    this.input.on('keypress', (text: string | undefined, { ctrl, name }: Key) => {
      if (this.isAsking) return;
      if (ctrl && name === 'c') interrupt();
      else if (text !== undefined) onKey(text);
    });
    this.takeKeys();
  }

  /** Asks for a line of text. Returns undefined if the input was closed. */
  async ask(question: string): Promise<string | undefined> {
    this.isAsking = true;
    const line = createInterface({ input: this.input, output: this.output, terminal: true });
    line.on('SIGINT', interrupt);
    const answer = await new Promise<string | undefined>((resolve) => {
      line.question(question, resolve);
      line.once('close', () => resolve(undefined));
    });
    line.close();
    this.isAsking = false;
    this.takeKeys();
    return answer;
  }

  /** Stops reading keys and restores the mode of the terminal. */
  release(): void {
    this.input.setRawMode(false);
    this.input.pause();
    this.input.removeAllListeners('keypress');
  }

  private takeKeys(): void {
    this.input.setRawMode(true);
    this.input.resume();
  }
}

interface Key {
  readonly ctrl: boolean;
  readonly name: string | undefined;
}

function interrupt(): void {
  process.kill(process.pid, 'SIGINT');
}
