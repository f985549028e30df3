/** Enough for hundreds of keys with their certificate chains. */
const MAX_BYTES = 1024 * 1024;

/** Returns the same response, whose body fails as soon as it is too large for a key set. */
export function limitBody(response: Response): Response {
  if (!response.ok || response.body === null) return response;
  let bytes = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > MAX_BYTES) controller.error(new Error(`more than ${MAX_BYTES} bytes`));
      else controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(limit), response);
}
