import type { ChosenStatus, Presence } from '#client';
import type { Controls } from './controls.js';

/** What a key does. */
export interface KeyCommand {
  readonly key: string;
  readonly help: string;
  /** What is asked for first. Absent: nothing. */
  readonly question?: string;
  /** `answer` is what was asked for. */
  readonly perform: (controls: Controls, answer: string) => Promise<Presence>;
}

export const QUIT = 'q';
export const HELP = '?';

const COMMANDS: readonly KeyCommand[] = [
  {
    key: 'j',
    help: 'join a channel',
    question: 'Channel: ',
    perform: (controls, channelId) => controls.join(channelId),
  },
  { key: 'l', help: 'leave it', perform: (controls) => controls.leave() },
  { key: 'm', help: 'microphone', perform: (controls) => controls.toggleMicrophone() },
  { key: 's', help: 'speaker', perform: (controls) => controls.toggleSpeaker() },
  choice('o', 'automatic', 'online'),
  choice('a', 'away', 'away'),
  choice('d', 'do-not-disturb', 'do not disturb'),
  choice('i', 'invisible', 'invisible'),
  {
    key: 't',
    help: 'status text',
    question: 'Text: ',
    perform: (controls, text) => controls.say(text),
  },
];

export function commandOf(key: string): KeyCommand | undefined {
  return COMMANDS.find((command) => command.key === key);
}

/** All keys, in a line. */
export const KEYS_IN_WORDS = [
  ...COMMANDS.map(({ key, help }) => `${key} ${help}`),
  `${HELP} these keys`,
  `${QUIT} quit`,
].join(' · ');

function choice(key: string, chosen: ChosenStatus, help: string): KeyCommand {
  return { key, help, perform: (controls) => controls.choose(chosen) };
}
