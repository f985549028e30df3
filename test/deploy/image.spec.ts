import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Service } from '../support/service.js';

const dockerfile = readFileSync('Dockerfile', 'utf8');

/** The health check of the image. The first word is `node`. */
const [, ...healthCheck] = JSON.parse(
  /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(dockerfile)![1]!,
) as string[];

/** Runs the health check as Docker does. Rejects if its exit code is not 0. */
async function checkHealth(port: string): Promise<void> {
  await promisify(execFile)(process.execPath, healthCheck, { env: { HTTP_PORT: port } });
}

describe('The image', () => {
  it('is healthy while the HTTP server of the node responds, and unhealthy after that', async () => {
    const service = await Service.start();
    const { port } = new URL(service.httpUrl);
    await checkHealth(port);
    await service.stop();
    await expect(checkHealth(port)).rejects.toMatchObject({ code: 1 });
  });

  it('starts the server under an init, as an unprivileged user', () => {
    expect(dockerfile).toMatch(/^ENTRYPOINT \["\/usr\/bin\/tini", "--"\]$/m);
    expect(dockerfile).toMatch(/^CMD \["node", .*"dist\/main.js"\]$/m);
    expect(dockerfile).toMatch(/^USER 1000:1000$/m);
  });
});
