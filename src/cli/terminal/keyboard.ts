import { createInterface, emitKeypressEvents } from 'node:readline';

/** The keys of a terminal, one at a time, and a line of text where one is asked for. */
export class Keyboard {
  private isAsking = false;

  /** Undefined where nobody sits at a terminal. */
  static of(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Keyboard | undefined {
    return input.isTTY && output.isTTY ? new Keyboard(input, output) : undefined;
  }

  private constructor(
    private readonly input: NodeJS.ReadStream,
    private readonly output: NodeJS.WriteStream,
  ) {}

  /** Has every key told, but for Ctrl-C, which is the signal that it always is, and those of a line that is asked for. */
  listen(onKey: (key: string) => void): void {
    emitKeypressEvents(this.input);
    this.input.on('keypress', (text: string | undefined, { ctrl, name }: Key) => {
      if (this.isAsking) return;
      if (ctrl && name === 'c') interrupt();
      else if (text !== undefined) onKey(text);
    });
    this.takeKeys();
  }

  /** Asks for a line. Undefined: there will be none. */
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

  /** Gives the terminal back. */
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
