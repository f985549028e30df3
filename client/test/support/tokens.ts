/** Creates a token with these claims. Its signature is never checked. */
export function tokenWith(claims: object): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
}

/** Creates a token that expires at this time, in milliseconds since 1970. */
export function jwt(expiresAt: number): string {
  return tokenWith({ exp: expiresAt / 1000 });
}

/** Creates a token that never expires, a different one for each number. */
export function tokenNumber(number: number): string {
  return tokenWith({ jti: `token ${number}` });
}
