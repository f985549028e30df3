// Creates docs/images/dashboard-*.png: the dashboard of the last build, with simulated users.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { chromium } from 'playwright-core';
import { createPresenceClient } from '../dist/client/index.js';
import { signToken } from '../dist/auth/sign-token.js';

const KEY = 'a-secret-for-pictures-of-32-bytes-or-more';

const NAMES =
  'ada alan amara anders anya aya bao beth bruno carla chidi chloe dara dmitri elena emeka esra fatima felix freya gabriel grace hana hugo ines ivan jamal jana jin juno kaito karim kira lars leila linh luca maja malik mateo mei mila naomi nils noor olga omar paula priya quinn rafael rosa samir sana sofia tariq theo uma vera viktor wei yara yusuf zoe'.split(
    ' ',
  );
const CHANNELS = ['lobby', 'design', 'platform', 'standup', 'support', 'music', 'on-call'];
const TEXTS = ['in a call', 'reviewing', 'back at 3', 'deep work', 'lunch', 'on the train'];
const GROUPS = ['acme/design', 'acme/platform', 'acme/support'];
const DOCUMENTS = ['budget', 'roadmap', 'launch-plan'];
const PLATFORMS = ['desktop', 'desktop', 'mobile', 'web'];

/** The time in which the sparklines collect data before the screenshots. */
const WARM_UP_MS = 100_000;

const server = spawn(process.execPath, ['dist/main.js'], {
  env: {
    PATH: process.env.PATH,
    AUTH_JWT_SECRET: KEY,
    GRPC_URL: '127.0.0.1:0',
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: '0',
    IDLE_TIMEOUT_MS: '20000',
  },
});
let isOver = false;
try {
  const [grpc, http] = await addresses();
  const users = await Promise.all(NAMES.map((name) => arrive(name, grpc)));
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  const token = await signToken({ key: KEY, userId: 'me', isAdmin: true, ttlSeconds: 3600 });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${http}/#token=${token}`);
  const take = async (name) => {
    await page.mouse.move(700, 20);
    // Waits for the end of all animations.
    await page.evaluate('Promise.all(document.getAnimations().map(({ finished }) => finished))');
    await page.screenshot({ path: `docs/images/${name}.png` });
  };
  void live(users);
  await page.waitForTimeout(WARM_UP_MS);

  await page.getByRole('tab', { name: 'Events' }).click();
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await take(`dashboard-${colorScheme}`);
  }
  await page.getByRole('button', { name: /^Idle,/ }).click();
  await page.getByRole('row').nth(3).click();
  await page.getByText(/^Next, in/).waitFor();
  await take('dashboard-why');
  await browser.close();
} finally {
  isOver = true;
  server.kill();
}
// The clients would otherwise keep reconnecting.
process.exit();

function addresses() {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (text) => {
      output += text;
      const [, grpc, http] = /gRPC on (\S+), health on (\S+)\/health/.exec(output) ?? [];
      if (http !== undefined) resolve([grpc, http]);
    };
    for (const stream of [server.stdout, server.stderr])
      stream.setEncoding('utf8').on('data', read);
    server.on('exit', () => reject(new Error(`The server has ended: ${output}`)));
  });
}

async function arrive(name, grpc) {
  const client = createPresenceClient({
    transport: createGrpcTransport({ baseUrl: `http://${grpc}` }),
    token: await signToken({
      key: KEY,
      userId: name,
      ttlSeconds: 3600,
      grants: { groups: ['acme', any(GROUPS)], join: ['*'], watch: ['*'] },
    }),
  });
  const attributes = { document: any(DOCUMENTS) };
  const session = client.connect({ platform: any(PLATFORMS), attributes });
  if (chance(0.2)) client.connect({ platform: 'mobile' });
  await session.ready;
  if (chance(0.8)) await session.joinChannel(any(CHANNELS));
  if (chance(0.3)) await session.mute({ microphone: true, speaker: chance(0.3) });
  if (chance(0.12)) await session.setStatus('do-not-disturb', { text: any(TEXTS) });
  else if (chance(0.1)) await session.setStatus('away', { text: any(TEXTS) });
  else if (chance(0.15)) await session.setStatus('automatic', { text: any(TEXTS) });
  // Some users are active from time to time, and the others become idle.
  return { session, isBusy: chance(0.7) };
}

async function live(users) {
  while (!isOver) {
    const { session, isBusy } = any(users);
    if (isBusy) await act(session).catch(() => {});
    await sleep(60 + 400 * Math.random() * wave());
  }
}

/** Varies the load, so that the sparklines show a curve. */
function wave() {
  return 1 + Math.sin(Date.now() / 6000);
}

function act(session) {
  if (chance(0.35)) return session.joinChannel(any(CHANNELS));
  if (chance(0.3)) return session.mute({ microphone: chance(0.5) });
  return session.recordActivity();
}

function any(list) {
  return list[Math.floor(Math.random() * list.length)];
}

function chance(share) {
  return Math.random() < share;
}
