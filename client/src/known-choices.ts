import { create, type Message } from '@bufbuild/protobuf';
import { ChoicesSchema, type Choices } from './generated/presence/v1/presence_service_pb.js';

type ChoiceKind = Exclude<keyof Choices, keyof Message>;

/** The compiler reports a kind of the contract that is missing here. */
const KINDS = Object.keys({
  status: true,
  microphone: true,
  speaker: true,
  channel: true,
} satisfies Record<ChoiceKind, true>) as readonly ChoiceKind[];

/**
 * The last choices of the user on any device, as far as the service has reported them to this client: for each kind,
 * the choice with the highest version. The client sends them when the next session starts, in case the service has lost
 * them.
 */
export class KnownChoices {
  private choices = create(ChoicesSchema);

  get newest(): Choices {
    return this.choices;
  }

  /** The channels that the session of this client holds for the user, the one joined last at the end. */
  get channelIds(): readonly string[] {
    return heldIn(this.choices);
  }

  /** Applies choices that the service reported. A version older than the known one arrived late and is ignored. */
  apply(received: Choices | undefined): void {
    this.take(received, (kind) => versionOf(received, kind) > versionOf(this.choices, kind));
  }

  /** Applies the response to choices that this client sent. It counts unless a newer choice arrived meanwhile. */
  applyResponse(handedOver: Choices, response: Choices | undefined): void {
    this.take(
      response,
      (kind) =>
        versionOf(response, kind) > versionOf(this.choices, kind) ||
        this.choices[kind] === handedOver[kind],
    );
  }

  private take(received: Choices | undefined, isBetter: (kind: ChoiceKind) => boolean): void {
    // A new message, because the previous one may still be in a request to the service.
    this.choices = create(
      ChoicesSchema,
      Object.fromEntries(
        KINDS.map((kind) => [kind, isBetter(kind) ? received?.[kind] : this.choices[kind]]),
      ),
    );
  }
}

/**
 * Returns the channels that the session held by the choices that this client sent, and does not hold by the response. A
 * newer version of the response means that the user has changed the channels since, perhaps by leaving these. With the
 * same version the only cause is that the token does not grant them.
 */
export function deniedChannels(sent: Choices, response: Choices | undefined): readonly string[] {
  if (versionOf(sent, 'channel') !== versionOf(response, 'channel')) return [];
  const held = new Set(heldIn(response));
  return heldIn(sent).filter((channelId) => !held.has(channelId));
}

function heldIn(choices: Choices | undefined): readonly string[] {
  const { channels = [] } = choices?.channel ?? {};
  return channels.filter(({ isHeld }) => isHeld).map(({ channelId }) => channelId);
}

function versionOf(choices: Choices | undefined, kind: ChoiceKind): bigint {
  return choices?.[kind]?.version ?? 0n;
}
