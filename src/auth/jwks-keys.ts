import { Logger, type OnModuleInit } from '@nestjs/common';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTVerifyGetKey,
} from 'jose';
import { KeysUnavailable } from './keys-unavailable.js';
import { PublicKeys } from './verification-keys.js';

/** The timeout of a request for the keys, in milliseconds. */
const TIMEOUT_MS = 3_000;
/** Keys older than this are fetched again in the background, without a delay for callers. */
const REFRESH_AFTER_MS = 600_000;
/** Keys older than this are not trusted any more. A revoked key stays valid for as long if the endpoint is down. */
const FORGET_AFTER_MS = 3_600_000;
/** The minimum interval between fetches because of tokens that name an unknown key. */
const LOOK_FOR_NEW_AFTER_MS = 10_000;
/** The pause after a failed request, in milliseconds. */
const RETRY_AFTER_MS = 1_000;

/**
 * The key set that an identity provider publishes. While its endpoint is down, known keys stay valid. It delays calls
 * only if no keys are known.
 */
export class JwksKeys extends PublicKeys implements OnModuleInit {
  protected readonly algorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];
  private readonly logger = new Logger(JwksKeys.name);
  private readonly keys: ReturnType<typeof createRemoteJWKSet>;
  /** By the monotonic clock, like `retryAt`. */
  private refreshAt = 0;
  private retryAt = 0;
  private failing = false;
  /** Until when another broken key is not logged, by the wall clock. */
  private brokenNotedUntil = 0;

  constructor(private readonly url: string) {
    super();
    this.keys = createRemoteJWKSet(new URL(url), {
      timeoutDuration: TIMEOUT_MS,
      cooldownDuration: LOOK_FOR_NEW_AFTER_MS,
      cacheMaxAge: FORGET_AFTER_MS,
      [customFetch]: (...request) => {
        if (performance.now() < this.retryAt) return Promise.reject(new KeysUnavailable());
        return fetch(...request).then(limitBody);
      },
    });
  }

  /** Fetches the keys before the first token arrives. The start of the node does not wait for them. */
  onModuleInit(): void {
    this.refreshWhenDue();
  }

  protected readonly getKey: JWTVerifyGetKey = async (header, token) => {
    this.refreshWhenDue();
    try {
      return await this.keys(header, token);
    } catch (error) {
      if (isAboutTheToken(error) || (await this.hasBrokenKey(header, token))) throw error;
      this.failed(error);
      throw new KeysUnavailable();
    }
  };

  /**
   * Whether the key set is available, but the key that the token names in it cannot be used. Another request would not
   * help then.
   */
  private async hasBrokenKey(...[header, token]: Parameters<JWTVerifyGetKey>): Promise<boolean> {
    const set = this.keys.jwks();
    if (set === undefined) return false;
    return createLocalJWKSet(set)(header, token).then(
      () => false,
      (error: unknown) => {
        if (isAboutTheToken(error)) return false;
        this.noteBroken(error);
        return true;
      },
    );
  }

  private noteBroken(error: unknown): void {
    if (Date.now() < this.brokenNotedUntil) return;
    this.brokenNotedUntil = Date.now() + REFRESH_AFTER_MS;
    this.logger.warn(`A key from ${this.endpoint()} cannot be used: ${reason(error)}.`);
  }

  private refreshWhenDue(): void {
    const now = performance.now();
    if (now < this.refreshAt) return;
    this.refreshAt = now + REFRESH_AFTER_MS;
    this.keys.reload().then(
      () => this.succeeded(),
      (error: unknown) => this.failed(error),
    );
  }

  private succeeded(): void {
    if (this.failing) this.logger.log(`${this.endpoint()} returns keys again.`);
    this.failing = false;
  }

  private failed(error: unknown): void {
    // Each call that waited for a failed request reports it; only the first report counts.
    if (performance.now() < this.retryAt) return;
    this.retryAt = this.refreshAt = performance.now() + RETRY_AFTER_MS;
    if (!this.failing)
      this.logger.warn(`Could not fetch keys from ${this.endpoint()}: ${reason(error)}.`);
    this.failing = true;
  }

  /** Returns the URL without the query, which may contain an API key. */
  private endpoint(): string {
    const { origin, pathname } = new URL(this.url);
    return origin + pathname;
  }
}

function isAboutTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

/** Returns the reason of an error. `fetch` only says "fetch failed" and has the reason in the cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

/** Enough for hundreds of keys with their certificate chains. */
const MAX_BYTES = 1024 * 1024;

/** Returns the same response, whose body fails as soon as it is too large for a key set. */
function limitBody(response: Response): Response {
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
