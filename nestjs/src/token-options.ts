/** The key with which tokens are signed, and the claims that all tokens have. */
export interface TokenOptions {
  /** The secret of the service, in the form of AUTH_JWT_SECRET. If it holds several secrets, the first one signs. */
  readonly secret?: string;
  /**
   * A private key in PEM form, instead of a secret: RSA, P-256, P-384 or Ed25519. The service has the public key, in
   * AUTH_JWT_PUBLIC_KEY_FILE or at AUTH_JWKS_URL.
   */
  readonly privateKey?: string;
  /** The `kid` in the header of tokens: the id of the key in a key set. */
  readonly keyId?: string;
  /** The claim `iss`, as AUTH_JWT_ISSUER. */
  readonly issuer?: string;
  /** The claim `aud`, as AUTH_JWT_AUDIENCE. */
  readonly audience?: string;
  /** The name of the claim with the grants, as AUTH_GRANTS_CLAIM. Default: `presence`. */
  readonly grantsClaim?: string;
  /** The lifetime of tokens whose request names none, in hours. Default: 1. */
  readonly hours?: number;
}

/** The grants of a token: the members of its claim `presence`, its scope and its lifetime. */
export interface TokenGrants {
  /** The groups of the user. */
  readonly groups?: readonly string[];
  /** The channels that the token may join: ids, or beginnings of ids followed by `*`. Joining includes watching. */
  readonly join?: readonly string[];
  /** The channels whose users the token may list, count and follow. */
  readonly watch?: readonly string[];
  /** The channels whose users the token may moderate. Moderating includes joining and watching. */
  readonly moderate?: readonly string[];
  /** Whether the token may not begin sessions. */
  readonly watchOnly?: boolean;
  /** Whether the token has the scope `presence:admin`, which may name other users. Only for backends. */
  readonly admin?: boolean;
  /** The lifetime of the token in hours, such as 0.25. At least a second. */
  readonly hours?: number;
}
