import { Command } from 'commander';
import { InteractiveSession } from '../connect/interactive-session.js';
import { Keyboard } from '../connect/keyboard.js';
import { attributeOption, attributesOf } from '../options/attributes.js';
import { addInterestOptions, examples, type InterestOptions } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { subjectOf } from '../options/tokens.js';
import { UsageError } from '../runtime/failure.js';
import { withService } from '../runtime/service.js';

interface ConnectOptions extends TargetOptions, InterestOptions {
  readonly join?: readonly string[];
  readonly keep?: boolean;
  readonly set?: readonly string[];
  readonly platform: string;
}

/** Creates the command that keeps a user online until it is stopped. */
export function connectCommand(environment: NodeJS.ProcessEnv): Command {
  return addInterestOptions(addTargetOptions(new Command('connect')))
    .description(
      'Connect a user and stay connected. Shows the changes of other users. On a terminal, keys join and leave channels, mute, and set the status.',
    )
    .argument('<user>', 'the user id; a given token must belong to this user')
    .option('--join <channel...>', 'join these channels after connecting')
    .option('--keep', 'stay in the channels that other devices of the user have joined')
    .option('--set <key=value>', 'set an attribute; can be given several times', attributeOption)
    .option('--platform <platform>', 'the platform that others see', 'terminal')
    .addHelpText(
      'after',
      examples(
        ['presence connect alice', 'connect as alice, and show the changes of all users'],
        [
          'presence connect alice --join lobby --channel lobby',
          'join the lobby, and show its users',
        ],
        [
          'presence connect alice --join plan --keep --set doc=plan',
          'join a channel beside those of other devices, and set an attribute',
        ],
        ['presence connect bob </dev/null &', 'connect without keys'],
      ),
    )
    .action(async (userId: string, options: ConnectOptions) => {
      const { join = [], keep = false, set = [], ...others } = options;
      const { platform, channel, group, user, ...target } = others;
      const subject = target.token === undefined ? userId : (subjectOf(target.token) ?? userId);
      if (subject !== userId)
        throw new UsageError(`The token belongs to ${subject}, not to ${userId}.`);
      await withService(target, environment, { userId }, (client) => {
        const session = client.connect({ platform, attributes: attributesOf(...set) });
        // The own user is watched as well: only the shown presence reveals whether the user is visible to others.
        const isFiltered = [channel, group, user].some((list) => list !== undefined);
        const users = isFiltered ? [...(user ?? []), userId] : undefined;
        const shown = client.watch({ channels: channel, groups: group, users });
        const keyboard = Keyboard.of(process.stdin, process.stdout);
        const program = new InteractiveSession(userId, session, shown, target.address);
        return program.stay(join, keep, keyboard);
      });
    });
}
