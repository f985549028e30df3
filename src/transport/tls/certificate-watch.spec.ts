import { rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { captureLines } from '../../../test/support/captured-log.js';
import { Authority } from '../../../test/support/certificates.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { TlsFolder } from '../../../test/support/tls-folder.js';
import { CertificateWatch } from './certificate-watch.js';

const DAY_MS = 86_400_000;

const root = await Authority.make('root');

let folder: TlsFolder;
let clock: ManualClock;
let watch: CertificateWatch;
let warnings: readonly string[];
let lines: readonly string[];

beforeEach(async () => {
  ({ warnings, lines } = captureLines());
  folder = await TlsFolder.with(await root.server({ fromDays: -60, toDays: 30 }));
  clock = new ManualClock();
  watch = await CertificateWatch.create(folder.files, clock);
  watch.onModuleInit();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await folder.remove();
});

async function look(times = 1): Promise<void> {
  for (let i = 0; i < times; i++) await watch.reload();
}

describe('the watch over certificates', () => {
  it('logs at the start how long the certificate is valid, and nothing while nothing changes', async () => {
    await look(3);
    expect(lines).toEqual([expect.stringMatching(/^gRPC uses TLS; .* until .* GMT\.$/)]);
    expect(warnings).toEqual([]);
  });

  it('logs when it has loaded new files', async () => {
    await folder.write(await root.server());
    await look(3);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^New gRPC connections use TLS; .* until .* GMT\.$/);
  });

  it('logs nothing about files that were only half replaced at one check', async () => {
    const { cert, key } = await root.server();
    await writeFile(folder.files.certFile, cert);
    await look();
    await writeFile(folder.files.keyFile, key);
    await look(2);
    expect(warnings).toEqual([]);
    expect(lines).toHaveLength(2);
  });

  it('logs a fault of the files once, and again if the fault is another one', async () => {
    await writeFile(folder.files.certFile, 'hello');
    await look(3);
    await rm(folder.files.certFile);
    await look(3);
    expect(warnings).toEqual([
      expect.stringContaining('which holds no certificate in PEM form. New gRPC connections use'),
      expect.stringContaining('which cannot be read (ENOENT). New gRPC connections use'),
    ]);
  });

  it('logs it again after a recovery', async () => {
    const good = await root.server();
    for (let i = 0; i < 2; i++) {
      await writeFile(folder.files.certFile, 'hello');
      await look(2);
      await folder.write(good);
      await look();
    }
    expect(warnings).toHaveLength(2);
  });

  it('warns once a day of a certificate that expires soon, until there is another', async () => {
    clock.advance(15 * DAY_MS);
    await look();
    expect(warnings).toEqual([]);
    for (let hours = 0; hours < 48; hours++) {
      clock.advance(DAY_MS / 24);
      await look();
    }
    clock.advance(16 * DAY_MS);
    await look();
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toContain(`The certificate in ${folder.files.certFile} expires on `);
    expect(warnings[2]).toContain('expired on ');

    await folder.write(await root.server({ toDays: 365 }));
    clock.advance(2 * DAY_MS);
    await look();
    expect(warnings).toHaveLength(3);
  });

  it('warns at the start of a certificate that has expired, and serves it', async () => {
    await folder.write(await root.server({ fromDays: -3, toDays: -1 }));
    (await CertificateWatch.create(folder.files, clock)).onModuleInit();
    expect(warnings).toEqual([expect.stringContaining('expired on ')]);
  });
});
