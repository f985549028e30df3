import type { Registry } from 'prom-client';
import type { CommandCounters, CommandKind } from '../commands/command-counters.js';
import { registerCountSeries } from './register.js';

/** The value of the label `kind` for each input of the rules. */
const KIND_LABELS: Readonly<Record<CommandKind, string>> = {
  connect: 'connect',
  disconnect: 'disconnect',
  heartbeat: 'heartbeat',
  silent: 'heartbeats_missed',
  activity: 'record_activity',
  joinChannel: 'join_channel',
  leaveChannel: 'leave_channel',
  setMute: 'update_mute_state',
  setStatus: 'update_status',
  setAttributes: 'update_attributes',
  moderateMute: 'mute_user',
  moveUser: 'move_user',
  removeUser: 'remove_user',
  hideFrom: 'update_hidden_from',
  revokeTokens: 'revoke_tokens',
  forgetRevocation: 'forget_revocation',
  time: 'deadline',
};

/** Metrics of the commands that this node executed. */
export function registerCommandMetrics(registry: Registry, { counts }: CommandCounters): void {
  registerCountSeries(registry, {
    name: 'presence_commands_total',
    help: 'Commands by kind and outcome: committed, rejected, unavailable (the store did not respond) or failed.',
    labels: ['kind', 'outcome'],
    *counts() {
      for (const [kind, outcomes] of Object.entries(counts)) {
        for (const [outcome, count] of Object.entries(outcomes)) {
          yield [{ kind: KIND_LABELS[kind as CommandKind], outcome }, count];
        }
      }
    },
  });
}
