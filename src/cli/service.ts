import { PresenceError, type PresenceClient } from '#client';
import { Device } from './device.js';
import { failureOf } from './failure.js';
import { untilInterrupted } from './interruption.js';
import { targetOf, type TargetOptions } from './target.js';
import { tokenSource, type Identity } from './tokens.js';

/** Runs a command with a client of this user, until it is done or a signal comes, and ends what it has begun. */
export async function withService(
  options: TargetOptions,
  environment: NodeJS.ProcessEnv,
  identity: Identity,
  run: (client: PresenceClient) => Promise<void>,
): Promise<void> {
  const target = targetOf(options);
  const token = await tokenSource(options.token, identity, environment);
  const device = new Device(target, token);
  await untilInterrupted(async (signal) => {
    signal.addEventListener('abort', () => device.client.close(), { once: true });
    try {
      await run(device.client);
    } catch (error) {
      throw error instanceof PresenceError ? failureOf(error, target.address) : error;
    } finally {
      await device.close();
    }
  });
}
