import { optional, setting, type SettingsTable } from './setting.js';
import { A_YEAR_MS, httpUrl, milliseconds, oneOf, text, tokenSecrets } from './setting-types.js';

/** The settings of tokens, and of what they grant. See `settings.ts`. */
export const accessSettings = {
  auth: {
    secrets: optional('AUTH_JWT_SECRET', tokenSecrets, {
      scope: 'cluster-wide',
      description:
        'Key of tokens that are signed with HS256: the bytes of this text, at least 32. Several secrets are separated by spaces: the first one signs tokens of the command line, and all of them verify. Set at most one of AUTH_JWT_SECRET, AUTH_JWT_SECRET_FILE, AUTH_JWKS_URL and AUTH_JWT_PUBLIC_KEY_FILE. None is set: the server creates a random key, but in production it does not start.',
    }),
    secretFile: optional('AUTH_JWT_SECRET_FILE', text, {
      scope: 'cluster-wide',
      description:
        'Path of a file with the value of AUTH_JWT_SECRET, for platforms that mount secrets as files. Changes of the file apply within seconds.',
    }),
    jwksUrl: optional('AUTH_JWKS_URL', httpUrl, {
      scope: 'cluster-wide',
      description:
        'URL of the JSON Web Key Set of an identity provider, for tokens that are signed with RS256, PS256, ES256, ES384 or EdDSA.',
    }),
    publicKeyFile: optional('AUTH_JWT_PUBLIC_KEY_FILE', text, {
      scope: 'cluster-wide',
      description:
        'Path of a PEM file with the public keys or certificates that verify tokens, at most 8 (same algorithms as AUTH_JWKS_URL). Changes of the file apply within seconds.',
    }),
    issuer: optional('AUTH_JWT_ISSUER', text, {
      scope: 'cluster-wide',
      description: 'Required claim `iss` of every token. Not set: the claim is not checked.',
    }),
    audience: optional('AUTH_JWT_AUDIENCE', text, {
      scope: 'cluster-wide',
      description:
        'Required claim `aud` of every token, or one of its values. Not set: the claim is not checked.',
    }),
    grantsClaim: setting('AUTH_GRANTS_CLAIM', text, {
      default: 'presence',
      scope: 'cluster-wide',
      description:
        'Name of the claim with the grants of a token: groups, channels, and whether it may begin sessions.',
    }),
    maxTokenLifetimeMs: optional('AUTH_MAX_TOKEN_LIFETIME_MS', milliseconds(1000, A_YEAR_MS), {
      scope: 'cluster-wide',
      description:
        'Maximum time from the issue of a token (`iat`) to its end (`exp`). Tokens that live longer, or lack one of these claims, are rejected. A revocation of tokens is forgotten when this time has passed. Not set: any token, and revocations are kept for ever.',
    }),
  },
  access: {
    visibility: setting('VISIBILITY', oneOf(['everyone', 'groups']), {
      default: 'everyone',
      scope: 'cluster-wide',
      description:
        'everyone: every user sees every user. groups: a user sees the users who share a group of the token, and the users in channels that the token may watch. Tokens with the scope presence:admin see every user.',
    }),
    channelAccess: setting('CHANNEL_ACCESS', oneOf(['any', 'granted']), {
      default: 'any',
      scope: 'cluster-wide',
      description:
        'any: a token that names no channels to join or watch may use every channel. granted: a token may use only the channels that it names. Tokens with the scope presence:admin may use every channel.',
    }),
  },
} satisfies SettingsTable;
