import { endOfIteration } from '../../timers/end-of-iteration.js';

/** The time in milliseconds without any progress after which a pub/sub message counts as lost. */
const LOST_AFTER_MS = 20;

/**
 * Waits for pub/sub messages that are in flight. They use another connection than replies, so a busy node often knows from a
 * reply that there are commits before it has read their messages. `reached` resolves when the replica has the commits.
 * Returns false if a message is lost: the replica did not advance for some time, although the node has read its input.
 */
export async function arriveInTime(reached: Promise<void>, seq: () => number): Promise<boolean> {
  let hasArrived = false;
  const arrival = reached.then(() => void (hasArrived = true));
  for (let before = -1; !hasArrived && seq() !== before;) {
    before = seq();
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LOST_AFTER_MS);
    });
    await Promise.race([arrival, pause]);
    clearTimeout(timer);
    // After a long slice of the event loop, the timer fires before the node has read what Redis has sent in the meantime.
    if (!hasArrived) await endOfIteration();
  }
  return hasArrived;
}
