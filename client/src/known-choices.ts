import { create } from '@bufbuild/protobuf';
import { ChoicesSchema, type Choices } from './generated/presence/v1/presence_service_pb.js';

const KINDS = ['status', 'microphone', 'speaker', 'channel'] as const;

/**
 * What the user chose last, on whichever device, as far as the service has told this client: of each kind the choice with
 * the highest version. The service is handed it with the next session, in case it has lost it.
 */
export class KnownChoices {
  private choices = create(ChoicesSchema);

  get newest(): Choices {
    return this.choices;
  }

  /** The channel that the user is in by the session of this client. */
  get channelId(): string | undefined {
    return this.choices.channel?.channels.find(({ isHeld }) => isHeld)?.channelId;
  }

  /** Takes in what the service has told. An older version than the known one has been overtaken on the way. */
  hear(told: Choices | undefined): void {
    this.take(told, (kind) => versionOf(told, kind) > versionOf(this.choices, kind));
  }

  /** Takes in what the service made of what it was handed. That counts, unless something newer was heard meanwhile. */
  hearAnswer(handedOver: Choices, answer: Choices | undefined): void {
    this.take(
      answer,
      (kind) =>
        versionOf(answer, kind) > versionOf(this.choices, kind) ||
        this.choices[kind] === handedOver[kind],
    );
  }

  private take(
    told: Choices | undefined,
    isBetter: (kind: (typeof KINDS)[number]) => boolean,
  ): void {
    const better = KINDS.filter(isBetter).map((kind) => [kind, told?.[kind]] as const);
    const { status, microphone, speaker, channel } = this.choices;
    // A new message: the one before may be on its way to the service.
    this.choices = create(ChoicesSchema, {
      ...{ status, microphone, speaker, channel },
      ...Object.fromEntries(better),
    });
  }
}

function versionOf(choices: Choices | undefined, kind: (typeof KINDS)[number]): bigint {
  return choices?.[kind]?.version ?? 0n;
}
