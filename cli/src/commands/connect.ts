import { Command } from 'commander';
import { InteractiveSession } from '../connect/interactive-session.js';
import { Keyboard } from '../connect/keyboard.js';
import { addInterestOptions, examples, type InterestOptions } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { subjectOf } from '../options/tokens.js';
import { UsageError } from '../runtime/failure.js';
import { withService } from '../runtime/service.js';

interface ConnectOptions extends TargetOptions, InterestOptions {
  readonly join?: string;
  readonly platform: string;
}

/** Creates the command that keeps a user online until it is stopped. */
export function connectCommand(environment: NodeJS.ProcessEnv): Command {
  return addInterestOptions(addTargetOptions(new Command('connect')))
    .description(
      'Bring a user online and stay, showing what others do. On a terminal there are keys to join and leave channels, to mute, and to set the status.',
    )
    .argument('<user>', 'the user; a token that is given must be of this one')
    .option('--join <channel>', 'join this channel first')
    .option('--platform <platform>', 'what others see the user connected with', 'terminal')
    .addHelpText(
      'after',
      examples(
        ['presence connect alice', 'be online as alice, and see what everyone does'],
        [
          'presence connect alice --join lobby --channel lobby',
          'in the lobby, and see who is there',
        ],
        ['presence connect bob </dev/null &', 'be online without keys'],
      ),
    )
    .action(async (userId: string, options: ConnectOptions) => {
      const { join, platform, channel = [], user = [], ...target } = options;
      const subject = target.token === undefined ? userId : (subjectOf(target.token) ?? userId);
      if (subject !== userId) throw new UsageError(`The token is of ${subject}, not of ${userId}.`);
      await withService(target, environment, { userId }, (client) => {
        const session = client.connect({ platform });
        // The own user is watched as well: only the shown presence reveals whether the user is visible to others.
        const isFiltered = channel.length + user.length > 0;
        const users = isFiltered ? [...user, userId] : [];
        const others = client.watch({ channels: channel, users });
        const keyboard = Keyboard.of(process.stdin, process.stdout);
        return new InteractiveSession(userId, session, others, target.address).stay(join, keyboard);
      });
    });
}
