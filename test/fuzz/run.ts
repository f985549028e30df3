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

/** How many calls are made before an honest user acts again. */
const HONEST_AFTER = 250;

/**
 * Makes calls one after the other and fails with the first that is not answered as it should be, made as small as it
 * can be, and with the seed that leads to it again. Returns how often each answer was given.
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

/** An honest user can still act, and a subscriber was told what the lists say. */
async function checkHonest(world: World, channelId: string): Promise<void> {
  const { told, listed } = await world.lookAround(channelId);
  if (told !== listed) throw new Error(`a subscriber was told ${told}\nand listed are ${listed}`);
}

/** Makes one call. Returns the kind of answer. */
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

/** A body as it is written, and of a long one the beginning: the seed has the rest. */
function inSight(body: Buffer, isJson: boolean): string {
  return (isJson ? JSON.stringify(body.toString()) : body.toString('hex')).slice(0, 4000);
}
