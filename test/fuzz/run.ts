import fc from 'fast-check';
import { inWords, type Answer } from './answer.js';
import { callsOf, type Call } from './calls.js';
import { complaintAbout } from './expectations.js';
import { World } from './world.js';

export interface Options {
  readonly seed: number;
  readonly requests: number;
  readonly onProgress?: (done: number) => void;
}

/** The number of calls between two checks with an honest user. */
const HONEST_AFTER = 250;

/**
 * Makes calls one after the other. Fails with the first call whose response is wrong, shrunk to a
 * minimum, and with the seed that reproduces it. Returns how often each response occurred.
 */
export async function fuzz({ seed, requests, onProgress }: Options): Promise<Map<string, number>> {
  const world = await World.start();
  const answers = new Map<string, number>();
  let done = 0;
  try {
    const property = fc.asyncProperty(callsOf(world.vocabulary), async (call) => {
      const answer = await tryCall(world, call);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      done++;
      onProgress?.(done);
      if (done % HONEST_AFTER === 0) await checkHonest(world, `after ${done}`);
    });
    await fc.assert(property, { seed, numRuns: requests });
    await checkHonest(world, 'the end');
    return answers;
  } finally {
    await world.stop();
  }
}

/**
 * Checks that an honest user can still act, and that the events of a subscriber match the lists.
 */
async function checkHonest(world: World, channelId: string): Promise<void> {
  const { received, listed } = await world.compareViews(channelId);
  if (received !== listed)
    throw new Error(`a subscriber received ${received}\nbut the lists have ${listed}`);
}

/** Makes one call. Returns the kind of response. */
async function tryCall(world: World, call: Call): Promise<string> {
  const { rpc, protocol, caller, headers, body } = call;
  const before = await world.look();
  const sent = `${rpc.path} by ${caller} as ${protocol.contentType}, ${inSight(body, protocol.isJson)}, with the headers ${JSON.stringify(headers)}`;
  let answer: Answer;
  try {
    answer = await world.call(call);
  } catch (error) {
    world.takeFault();
    throw new Error(`${String(error)}, at ${sent}`, { cause: error });
  }
  const after = await world.look();
  const complaint = world.takeFault() ?? complaintAbout(call, answer, before, after);
  if (complaint === undefined) return `${nameOf(call)} ${inWords(answer).split(':')[0]}`;
  throw new Error(`${complaint}. It answered ${inWords(answer)} to ${sent}`);
}

function nameOf({ rpc, protocol }: Call): string {
  return `${rpc.path} ${protocol.contentType.replace('application/', '')}`;
}

/** Formats a body for a message, truncated if it is long. The seed reproduces the rest. */
function inSight(body: Buffer, isJson: boolean): string {
  return (isJson ? JSON.stringify(body.toString()) : body.toString('hex')).slice(0, 4000);
}
