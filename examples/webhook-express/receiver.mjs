// Receiving webhooks with Express:  WEBHOOK_SECRET=whsec_... node examples/webhook-express/receiver.mjs [port]
// Verifies each request, handles each event once, and answers 204. Ends with Ctrl-C.
import { Buffer } from 'node:buffer';
import express from 'express';
import { createInbox } from './inbox.mjs';
import { createVerifier } from './signature.mjs';

const { WEBHOOK_SECRET = '' } = process.env;
if (WEBHOOK_SECRET === '') {
  console.error(
    'Usage: WEBHOOK_SECRET=whsec_... node examples/webhook-express/receiver.mjs [port]',
  );
  process.exit(2);
}

const isAuthentic = createVerifier(WEBHOOK_SECRET);
const inbox = createInbox();
const app = express();

// The signature covers the bytes of the body, so they are not parsed here.
const rawBody = express.raw({ type: 'application/cloudevents-batch+json', limit: '1mb' });

app.post('/webhooks/presence', rawBody, async (request, response) => {
  const body = request.body;
  if (!Buffer.isBuffer(body) || !isAuthentic(request.headers, body)) {
    response.sendStatus(401);
    return;
  }
  // The events of a user are in order, so they are handled one after the other. If one fails, Express answers 500, and
  // the service sends the batch again.
  for (const event of JSON.parse(body.toString())) await inbox.once(event.id, () => handle(event));
  response.sendStatus(204);
});

/** The work of the backend. A gap event says that events are missing: then it reads the state from the service. */
async function handle({ type, subject, data }) {
  if (type === 'presence.v1.gap') console.log(`events are missing until ${data.to}`);
  else console.log(`${subject} ${type.replace('presence.v1.', '')} ${data.presence.status}`);
}

const server = app.listen(Number(process.argv[2] ?? 4000), '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`listening on http://127.0.0.1:${server.address().port}/webhooks/presence`);
});
