import { fromBinary, fromJson, toBinary, toJson, type JsonObject } from '@bufbuild/protobuf';
import type { DescField, DescMessage, DescMethod, JsonValue } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVICES } from '../../src/api/codecs.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { ACCESS, type Method } from '../support/access-of-methods.js';
import type { Client, OpenSession } from '../support/client.js';
import { refusalOf } from '../support/error-info.js';
import { ManualClock } from '../support/manual-clock.js';
import { Service } from '../support/service.js';
import type { StreamReader } from '../support/stream-reader.js';

const METHODS: readonly DescMethod[] = SERVICES.flatMap(({ methods }) => methods);

/** Names that exist only in one of the two worlds: of a user of another customer, and of one who hides from the caller. */
const SECRETS = {
  stranger: { user: 'bolt user', channel: 'bolt/hall', group: 'bolt' },
  hider: { user: 'hal', channel: 'acme/private', group: 'acme/private' },
};

/** The time of both worlds. */
const NOW = Date.now();

/** The names of what the caller may see. */
const VISIBLE = { user: 'bob', channel: 'acme/hall', group: 'acme', session: '' };

type Secret = keyof typeof SECRETS;

/** A service with a caller, a colleague whom it sees, and perhaps users whom it may not see. */
class World {
  private readonly sessions = new Map<Secret, OpenSession>();

  private constructor(
    private readonly service: Service,
    private readonly ann: Client,
    private readonly bob: Client,
    private readonly bobSession: string,
    readonly admin: Client,
  ) {}

  static async start(hasSecrets: boolean): Promise<World> {
    const service = await Service.start(
      { VISIBILITY: 'groups', CHANNEL_ACCESS: 'granted' },
      { clock: new ManualClock(NOW) },
    );
    const grants = { groups: ['acme'], join: ['acme/hall'], moderate: ['acme/hall'] };
    const ann = await service.client('ann', { grants });
    const bob = await service.client('bob', { grants });
    const { sessionId } = await bob.connect();
    const admin = await service.client('admin', { isAdmin: true });
    const world = new World(service, ann, bob, sessionId, admin);
    if (hasSecrets) await world.addSecrets();
    return world;
  }

  private async addSecrets(): Promise<void> {
    for (const secret of ['stranger', 'hider'] as const) {
      const { user, channel, group } = SECRETS[secret];
      const groups = secret === 'hider' ? ['acme', group] : [group];
      const client = await this.service.client(user, {
        grants: { groups, join: [channel, 'acme/hall'] },
      });
      if (secret === 'hider') await client.updateHiddenFrom({ userIds: ['ann'] });
      const session = await client.connect({
        platform: 'secret',
        attributes: new Map([['secret', 'x']]),
      });
      this.sessions.set(secret, session);
      await client.joinChannel({ sessionId: session.sessionId, channelId: channel });
      if (secret === 'hider')
        await client.joinChannel({
          ...{ sessionId: session.sessionId, channelId: 'acme/hall', keepOthers: true },
        });
    }
  }

  /** Returns the session of a secret user, or an unknown one. */
  sessionOf(secret: Secret): string {
    return this.sessions.get(secret)?.sessionId ?? 'unknown session';
  }

  /** Calls a method as Ann, with a new session of hers. Returns the content of the answers, without random values. */
  async call(method: DescMethod, request: JsonObject): Promise<readonly JsonValue[]> {
    const { sessionId } = await this.ann.connect();
    await this.bob.joinChannel({ sessionId: this.bobSession, channelId: 'acme/hall' });
    const isOwn = request.session_id === 'own session';
    try {
      const answers = await this.callAs(
        this.ann,
        method,
        isOwn ? { ...request, session_id: sessionId } : request,
      );
      return answers.map((answer) =>
        withoutRandomValues(toJson(method.output, fromBinary(method.output, answer))),
      );
    } finally {
      await this.ann.endSession({ sessionId });
    }
  }

  /** Calls a method with a token that was revoked. */
  async callWithRevokedToken(method: DescMethod, request: JsonObject): Promise<void> {
    const client = await this.service.client('eve', { now: NOW - 60_000 });
    await this.admin.revokeTokens({ userId: 'eve' });
    await this.callAs(client, method, request);
  }

  private async callAs(
    client: Client,
    method: DescMethod,
    request: JsonObject,
  ): Promise<readonly Buffer[]> {
    const bytes = Buffer.from(toBinary(method.input, fromJson(method.input, request)));
    const path = `${method.parent.name}/${method.name}`;
    if (method.methodKind === 'unary') return [await client.callWithBytes(path, bytes)];
    return this.read(method, client.streamWithBytes(path, bytes));
  }

  /** Reads a stream until it has a change of the colleague, which comes after changes of the secret users. */
  private async read(method: DescMethod, stream: StreamReader<Buffer>): Promise<readonly Buffer[]> {
    const first = await stream.next().catch(() => undefined);
    if (first === undefined) throw Object.assign(new Error('refused'), await stream.ended);
    const messages = [first];
    if (method.localName !== 'connect') {
      await this.makeChanges('STATUS_CHOICE_AWAY');
      const hasChange = (message: Buffer): boolean =>
        JSON.stringify(toJson(method.output, fromBinary(method.output, message))).includes('AWAY');
      while (!hasChange(messages.at(-1)!)) messages.push(await stream.next());
      await this.makeChanges('STATUS_CHOICE_AUTOMATIC');
    }
    stream.cancel();
    await stream.ended;
    return messages;
  }

  private async makeChanges(choice: keyof typeof StatusChoice): Promise<void> {
    for (const secret of this.sessions.keys()) {
      const { user: userId } = SECRETS[secret];
      await this.admin.updateStatus({ userId, choice: StatusChoice[choice] });
    }
    await this.bob.updateStatus({ sessionId: this.bobSession, choice: StatusChoice[choice] });
    // A stream of counts has at most one message per second.
    await this.service.passTime(1000);
  }

  stop(): Promise<void> {
    return this.service.stop();
  }
}

describe('Every method of the contract', () => {
  let withSecrets: World;
  let without: World;
  beforeAll(async () => {
    [withSecrets, without] = await Promise.all([World.start(true), World.start(false)]);
  });
  afterAll(() => Promise.all([withSecrets.stop(), without.stop()]));

  it('is in the table with every field that names a user, a channel, a group or a session', () => {
    const fields = Object.fromEntries(
      METHODS.map(({ localName, input }) => [localName, namingFields(input).sort()]),
    );
    const known = Object.entries(ACCESS).map(([name, { names = {} }]) => [
      name,
      Object.keys(names).sort(),
    ]);
    expect(fields).toEqual(Object.fromEntries(known));
  });

  describe.each(METHODS.map((method) => [method.localName as Method, method] as const))(
    '%s',
    (name, method) => {
      const { request = {}, names = {} } = ACCESS[name];

      /** Makes a call in both worlds. Returns the reason of the error, or OK. */
      async function answerTo(requestIn: (world: World) => JsonObject): Promise<string> {
        const [one, other] = await Promise.all(
          [withSecrets, without].map((world) => {
            const call = world.call(method, requestIn(world));
            return call.then(
              (messages) => ({ reason: 'OK', messages }),
              () => refusalOf(call),
            );
          }),
        );
        expect(one).toEqual(other);
        return one!.reason;
      }

      it('answers as if there were no users whom the caller may not see', async () => {
        const answer = await answerTo(() => request);
        const needsAdmin = ['revokeTokens', 'explainPresence'].includes(name);
        expect(answer).toBe(needsAdmin ? 'ADMIN_SCOPE_REQUIRED' : 'OK');
      });

      it('refuses a token that was revoked', async () => {
        const { reason } = await refusalOf(without.callWithRevokedToken(method, request));
        expect(reason).toBe('TOKEN_REVOKED');
      });

      for (const [field, answer] of Object.entries(names)) {
        it.each(Object.keys(SECRETS) as Secret[])(
          `answers to the name of a %s in ${field} as to a name that does not exist`,
          async (secret) => {
            const naming = (world: World): JsonObject =>
              withName(method.input, request, field, (kind) =>
                kind === 'session' ? world.sessionOf(secret) : SECRETS[secret][kind],
              );
            expect(await answerTo(naming)).toBe(answer);
          },
        );
      }
    },
  );

  it('has changed nothing of a user whom the caller may not see', async () => {
    for (const secret of ['stranger', 'hider'] as const) {
      const { sessions } = await withSecrets.admin.listSessions({ userId: SECRETS[secret].user });
      expect(sessions.map(({ sessionId }) => sessionId)).toEqual([withSecrets.sessionOf(secret)]);
      const { shown } = await withSecrets.admin.explainPresence({ userId: SECRETS[secret].user });
      expect(shown?.channelIds).toContain(SECRETS[secret].channel);
    }
  });
});

type Kind = 'user' | 'channel' | 'group' | 'session';

/** The kind of thing that a field names. Undefined: something else. */
function kindOf({ name }: DescField): Kind | undefined {
  return /(?:^|_)(user|channel|group|session)_ids?$/.exec(name)?.[1] as Kind | undefined;
}

/** Returns the paths of all fields of a request that name a user, a channel, a group or a session. */
function namingFields({ fields }: DescMessage): string[] {
  return fields.flatMap((field) => {
    if (kindOf(field) !== undefined) return [field.name];
    const inner = field.message === undefined ? [] : namingFields(field.message);
    return inner.map((path) => `${field.name}.${path}`);
  });
}

/** Returns the request with a name in a field, and in a list also with the name of something that the caller may see. */
function withName(
  { fields }: DescMessage,
  request: JsonObject,
  path: string,
  nameOf: (kind: Kind) => string,
): JsonObject {
  const [name, ...rest] = path.split('.');
  const field = fields.find((each) => each.name === name)!;
  const isList = field.fieldKind === 'list';
  if (field.message === undefined) {
    const kind = kindOf(field)!;
    const others = { ...request };
    // A request names either a session of the caller or another user.
    if (kind === 'user') delete others.session_id;
    return { ...others, [name!]: isList ? [VISIBLE[kind], nameOf(kind)] : nameOf(kind) };
  }
  const given = request[name!] as JsonObject | [JsonObject];
  const [inner] = Array.isArray(given) ? given : [given];
  const named = withName(field.message, inner, rest.join('.'), nameOf);
  return { ...request, [name!]: isList ? [inner, named] : named };
}

/** Returns a message without the values that are random or that depend on the number of commits. */
function withoutRandomValues(message: JsonValue): JsonValue {
  return JSON.parse(
    JSON.stringify(message, (key, value: JsonValue) =>
      /[vV]ersion$|sessionId$|Token$/.test(key) ? undefined : value,
    ),
  ) as JsonValue;
}
