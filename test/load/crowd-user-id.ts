/** Returns the id of one of many users. */
export function crowdUserId(i: number): string {
  return `user-${String(i).padStart(8, '0')}`;
}
