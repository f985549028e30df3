import fc from 'fast-check';
import { inWords } from './answer.js';
import { callsOf, type Call } from './calls.js';
import { complaintAbout } from './expectations.js';
import { World } from './world.js';

export interface Options {
  readonly seed: number;
  readonly requests: number;
  readonly onProgress?: (done: number) => void;
}

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
      onProgress?.(++done);
    });
    await fc.assert(property, { seed, numRuns: requests });
    const { told, listed } = await world.lookAround();
    if (told !== listed) throw new Error(`a subscriber was told ${told}\nand listed are ${listed}`);
    return answers;
  } finally {
    await world.stop();
  }
}

/** Makes one call. Returns the kind of answer. */
async function tryCall(world: World, call: Call): Promise<string> {
  const before = await world.look();
  const answer = await world.call(call);
  const after = await world.look();
  const complaint = complaintAbout(call, answer, before, after);
  if (complaint === undefined) return `${call.rpc.path} ${inWords(answer).split(':')[0]}`;
  const { rpc, caller, headers, body } = call;
  throw new Error(
    `${rpc.path} by ${caller}: ${complaint}. It answered ${inWords(answer)} to ${body.toString('hex')}` +
      ` with the headers ${JSON.stringify(headers)}`,
  );
}
