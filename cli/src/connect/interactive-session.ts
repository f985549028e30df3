import { type PresenceCollection, PresenceError, type Session } from '#client';
import { changeInWords, ownPresenceInWords } from '../output/in-words.js';
import { style } from '../output/text.js';
import { waitUntilReady } from '../runtime/device.js';
import { failureOf } from '../runtime/failure.js';
import { Controls } from './controls.js';
import type { Keyboard } from './keyboard.js';
import { commandOf, HELP, KEYS_IN_WORDS, QUIT } from './keys.js';
import { Printer } from './printer.js';

/**
 * An interactive session in a terminal: it keeps the user online, prints the changes of others and reacts to keys.
 */
export class InteractiveSession {
  private readonly printer = new Printer((line) => console.log(line));
  private readonly controls: Controls;
  private quit!: () => void;
  private readonly quitted = new Promise<void>((resolve) => (this.quit = resolve));

  constructor(
    private readonly userId: string,
    private readonly session: Session,
    private readonly others: PresenceCollection,
    private readonly address: string,
  ) {
    this.controls = new Controls(session, others);
  }

  /** Runs until the user quits or the session ends. Throws the error that ended the session. */
  async stay(
    channelIds: readonly string[],
    keepOthers: boolean,
    keyboard: Keyboard | undefined,
  ): Promise<void> {
    await waitUntilReady(this.session.state);
    for (const [i, channelId] of channelIds.entries()) {
      await this.controls.join(channelId, { keepOthers: keepOthers || i > 0 });
    }
    this.others.subscribe((change) => {
      if (change.userId === this.userId) return this.controls.noteShown(change.presence);
      const line = changeInWords(change);
      if (line !== undefined) this.printer.print(line);
    });
    await waitUntilReady(this.others.state);
    this.printOwn();
    keyboard?.listen((key) => void this.onKey(key, keyboard));
    if (keyboard !== undefined) this.printer.print(style('gray', KEYS_IN_WORDS));
    try {
      await Promise.race([this.quitted, this.sessionOver()]);
    } finally {
      keyboard?.release();
    }
  }

  private async onKey(key: string, keyboard: Keyboard): Promise<void> {
    if (key === QUIT) return this.quit();
    if (key === HELP) return this.printer.print(style('gray', KEYS_IN_WORDS));
    const command = commandOf(key);
    if (command === undefined) return;
    try {
      const answer =
        command.question === undefined ? '' : await this.ask(keyboard, command.question);
      if (answer === undefined) return;
      await command.perform(this.controls, answer);
      this.printOwn();
    } catch (error) {
      if (!(error instanceof PresenceError)) throw error;
      this.printer.print(failureOf(error, this.address).message);
    }
  }

  private async ask(keyboard: Keyboard, question: string): Promise<string | undefined> {
    this.printer.hold();
    try {
      return await keyboard.ask(question);
    } finally {
      this.printer.release();
    }
  }

  private printOwn(): void {
    const { presence } = this.session;
    if (presence === undefined) return;
    this.printer.print(ownPresenceInWords(presence, this.controls.isInvisible));
  }

  /** Prints changes of the connection. Throws the error that closed the session. */
  private async sessionOver(): Promise<never> {
    let isLost = false;
    for await (const state of this.session.state) {
      if (state.status === 'reconnecting') {
        isLost = true;
        this.printer.print(`The connection was lost (${state.error.message}). Reconnecting.`);
      } else if (state.status === 'online' && isLost) {
        isLost = false;
        this.printer.print('Reconnected.');
        this.printOwn();
      } else if (state.status === 'closed') {
        throw state.error;
      }
    }
    throw new PresenceError('closed', 'the session was closed');
  }
}
