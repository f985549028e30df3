/** A token with these claims. Nobody checks its signature. */
export function tokenWith(claims: object): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
}

/** A token that expires then, in milliseconds since 1970. */
export function jwt(expiresAt: number): string {
  return tokenWith({ exp: expiresAt / 1000 });
}

/** A token that never expires, one for each number. */
export function tokenNumber(number: number): string {
  return tokenWith({ jti: `token ${number}` });
}
