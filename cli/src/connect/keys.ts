import type { ChosenStatus, Presence } from '#client';
import type { Controls } from './controls.js';

/** The action of a key. */
export interface KeyCommand {
  readonly key: string;
  readonly help: string;
  /** The prompt for text that the action needs. Absent if it needs none. */
  readonly question?: string;
  /** `answer` is the text that the user entered. */
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
  {
    key: 'k',
    help: 'join a channel and keep the others',
    question: 'Channel: ',
    perform: (controls, channelId) => controls.join(channelId, { keepOthers: true }),
  },
  { key: 'l', help: 'leave all channels', perform: (controls) => controls.leaveAll() },
  {
    key: 'x',
    help: 'leave one channel',
    question: 'Channel: ',
    perform: (controls, channelId) => controls.leave(channelId),
  },
  {
    key: 'm',
    help: 'mute or unmute the microphone',
    perform: (controls) => controls.toggleMicrophone(),
  },
  { key: 's', help: 'mute or unmute the speaker', perform: (controls) => controls.toggleSpeaker() },
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
  {
    key: '=',
    help: 'set an attribute, or remove it',
    question: 'key=value, or key: ',
    perform: (controls, text) => controls.setAttribute(text),
  },
];

export function commandOf(key: string): KeyCommand | undefined {
  return COMMANDS.find((command) => command.key === key);
}

/** A help text for all keys, in one line. */
export const KEYS_IN_WORDS = [
  ...COMMANDS.map(({ key, help }) => `${key} ${help}`),
  `${HELP} show the keys`,
  `${QUIT} quit`,
].join(' · ');

function choice(key: string, chosen: ChosenStatus, help: string): KeyCommand {
  return { key, help, perform: (controls) => controls.choose(chosen) };
}
