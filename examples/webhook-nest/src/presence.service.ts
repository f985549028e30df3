import { Injectable } from '@nestjs/common';
import type { CloudEvent } from './cloud-event.js';

/** The work of the backend. */
@Injectable()
export class PresenceService {
  async handle({ type, subject, data }: CloudEvent): Promise<void> {
    // A gap event says that events are missing: then a real backend reads the state from the service.
    if (type === 'presence.v1.gap') console.log(`events are missing until ${data.to}`);
    else console.log(`${subject} ${type.replace('presence.v1.', '')} ${data.presence?.status}`);
  }
}
