import type { Page } from 'playwright-core';

declare global {
  // The page of a test collects here what it receives.
  var receivedBodies: string[] | undefined;
}

/** The bodies of the responses that the scripts of a page have received, also of open streams. */
export interface RecordedBodies {
  read(): Promise<readonly string[]>;
}

/** Records what `fetch` of a page receives from the next navigation on. Each byte becomes one character. */
export async function recordBodies(page: Page): Promise<RecordedBodies> {
  await page.addInitScript(() => {
    const received: string[] = [];
    globalThis.receivedBodies = received;
    const request = globalThis.fetch;
    globalThis.fetch = async (...args) => {
      const response = await request(...args);
      const { body, status, statusText, headers } = response;
      if (body === null) return response;
      const at = received.push('') - 1;
      const recorder = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          received[at] += String.fromCharCode(...chunk);
          controller.enqueue(chunk);
        },
      });
      return new Response(body.pipeThrough(recorder), { status, statusText, headers });
    };
  });
  return { read: () => page.evaluate(() => globalThis.receivedBodies ?? []) };
}
