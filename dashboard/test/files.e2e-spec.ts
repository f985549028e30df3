import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../../test/support/built-server.js';

describe('The server', () => {
  let build: Build;
  let server: ServerProcess;
  beforeAll(async () => void (build = await Build.make()));
  afterEach(() => server.kill());
  afterAll(() => build.remove());

  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${server.httpUrl}${path}`, init);

  it('serves the dashboard with a content security policy that allows nothing else', async () => {
    server = await build.serve();
    const page = await get('/');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const html = await page.text();
    const assets = [...html.matchAll(/(?:src|href)="\.?(\/[^"]+)"/g)].map(([, path]) => path!);
    expect(assets).toHaveLength(3);
    for (const path of ['/', ...assets]) {
      const { status, headers } = await get(path);
      expect(status).toBe(200);
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;connect-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'",
      );
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.has('strict-transport-security')).toBe(false);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.has('x-powered-by')).toBe(false);
      if (path !== '/') {
        expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      }
      // Without this cache-control, fetch asks for the file itself.
      const known = { 'if-none-match': headers.get('etag')!, 'cache-control': 'max-age=0' };
      expect((await get(path, { headers: known })).status).toBe(304);
    }
  });

  it('does not affect other paths', async () => {
    server = await build.serve();
    for (const path of ['/nothing', '/assets', '/assets/', '/assets/none.js', '/%2e%2e/main.js']) {
      const answer = await get(path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(answer.headers.has('content-security-policy')).toBe(false);
    }
    expect((await get('/', { method: 'HEAD' })).status).toBe(200);
    expect((await get('/', { method: 'POST' })).status).toBe(404);
    expect((await get('/health')).status).toBe(200);
    expect((await get('/metrics')).status).toBe(200);
  });

  it.each([
    ['has no dashboard without the API for browsers', { HTTP_API: 'false' }, 404],
    ['has a dashboard in production', { NODE_ENV: 'production' }, 200],
  ])('%s', async (_, settings, expected) => {
    server = await build.serve(settings);
    expect((await get('/')).status).toBe(expected);
    expect(server.output).not.toContain('#token=');
  });

  it('without a token key logs the address of the dashboard with an admin token', async () => {
    server = build.run();
    await server.serving();
    const [, url, token] = await server.says(/The dashboard: (http:\S+)\/#token=(\S+)/);
    expect(url).toBe(server.httpUrl);
    const answer = await get('/presence.v1.PresenceService/ExplainPresence', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: '{"userId":"ann"}',
    });
    expect(answer.status).toBe(200);
  });

  it('without a token key logs no address of a disabled dashboard', async () => {
    server = build.run({ HTTP_API: 'false' });
    await server.serving();
    expect((await get('/')).status).toBe(404);
    expect(server.output).not.toContain('#token=');
  });
});

describe('A server without a built dashboard', () => {
  it('logs it once, and serves everything else', async () => {
    const build = await Build.make({ dashboard: false });
    const server = build.run();
    await server.serving();
    expect(server.output.match(/The dashboard is unavailable/g)).toHaveLength(1);
    expect(server.output).not.toContain('#token=');
    expect((await fetch(server.httpUrl)).status).toBe(404);
    expect((await fetch(`${server.httpUrl}/health`)).status).toBe(200);
    await server.kill();
    await build.remove();
  });
});
