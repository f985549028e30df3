import { type PresenceClient, PresenceError, type TokenOption } from '#client';
import type { Identity } from '#server/auth/token-signer.js';
import { type Target, targetOf, type TargetOptions } from '../options/target.js';
import { tokenSource } from '../options/tokens.js';
import { Device } from './device.js';
import { failureOf, UsageError } from './failure.js';
import { runUntilSignal } from './interruption.js';

/**
 * Runs a command with a client for `identity`, until it is finished or a signal arrives, and closes the connection.
 */
export async function withService(
  options: TargetOptions,
  environment: NodeJS.ProcessEnv,
  identity: Identity,
  run: (client: PresenceClient) => Promise<void>,
): Promise<void> {
  const target = targetOf(options);
  const token = await tokenSource(options.token, identity, environment);
  const device = deviceAt(target, token);
  await runUntilSignal(async (signal) => {
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

/** The client checks its arguments. Only the token comes from the command line, so an error is about the token. */
function deviceAt(target: Target, token: TokenOption): Device {
  try {
    return new Device(target, token);
  } catch (error) {
    if (!(error instanceof PresenceError)) throw error;
    throw new UsageError(`The token is not valid: ${error.message}.`);
  }
}
