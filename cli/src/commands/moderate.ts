import { Command } from 'commander';
import { examples } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { ADMIN } from '../options/tokens.js';
import { presenceInWords } from '../output/in-words.js';
import { withService } from '../runtime/service.js';

interface MuteOptions extends TargetOptions {
  readonly microphone?: boolean;
  readonly speaker?: boolean;
  readonly lift?: boolean;
}

const RIGHT = 'Needs an admin token, or one that grants moderate for the channel.';

/** Creates the command that mutes a user as a moderator. */
export function muteCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('mute'))
    .description(`Mute a user as a moderator, so that only a moderator can lift it. ${RIGHT}`)
    .argument('<user>', 'the user id')
    .option('--microphone', 'the microphone; the default unless --speaker is given')
    .option('--speaker', 'the speaker')
    .option('--lift', 'unmute instead')
    .addHelpText(
      'after',
      examples(
        ['presence mute bob', 'mute the microphone of bob'],
        ['presence mute bob --lift', 'let bob speak again'],
      ),
    )
    .action((userId: string, { microphone, speaker, lift = false, ...target }: MuteOptions) =>
      withService(target, environment, ADMIN, async (client) => {
        const isMicrophone = microphone ?? speaker !== true;
        const what = {
          ...(isMicrophone && { microphone: !lift }),
          ...(speaker === true && { speaker: !lift }),
        };
        console.log(presenceInWords(await client.muteUser(userId, what)));
      }),
    );
}

/** Creates the command that moves a user into another channel. */
export function moveCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('move'))
    .description(`Move a user from one channel into another. ${RIGHT}`)
    .argument('<user>', 'the user id')
    .argument('<from>', 'the channel to leave')
    .argument('<to>', 'the channel to join')
    .addHelpText('after', examples(['presence move bob stage hall', 'send bob into the hall']))
    .action((userId: string, from: string, to: string, target: TargetOptions) =>
      withService(target, environment, ADMIN, async (client) => {
        console.log(presenceInWords(await client.moveUser(userId, from, to)));
      }),
    );
}

/** Creates the command that removes a user from a channel. */
export function removeCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('remove'))
    .description(`Remove a user from a channel. The user may join again. ${RIGHT}`)
    .argument('<user>', 'the user id')
    .argument('<channel>', 'the channel to leave')
    .addHelpText('after', examples(['presence remove bob stage', 'take bob off the stage']))
    .action((userId: string, channelId: string, target: TargetOptions) =>
      withService(target, environment, ADMIN, async (client) => {
        console.log(presenceInWords(await client.removeUser(userId, channelId)));
      }),
    );
}
