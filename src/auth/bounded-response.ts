/** Hundreds of keys fit, with the chains of their certificates. */
const MAX_BYTES = 1024 * 1024;

/** The same response, which breaks off where its body becomes too large to be a key set. */
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
