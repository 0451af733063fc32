import { userInfo } from 'node:os';

/** Who cancels a run and what for, in a sentence. */
export const cancelReason = (reason: string | undefined): string =>
  `by ${userName()}${reason === undefined ? '' : `: ${reason}`}`;

/** Of whoever runs this process. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // Nobody has this user id.
    return `user ${process.getuid?.()}`;
  }
}
