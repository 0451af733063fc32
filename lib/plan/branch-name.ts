/**
 * Branch names that git takes: `refs/heads/<name>` passes `git check-ref-format`. No `..`, `//`, `@{`, no
 * space, control character or any of `~^:?*[\`; no part starts with a dot or ends with `.lock`; no slash or
 * dot at the end. A leading dash is fine, as full ref names are used throughout.
 */
export const BRANCH_NAME =
  /^(?!\.|\/)(?!.*(?:\.\.|\/\/|\/\.|@\{|\.lock(?:\/|$)))[^\p{Cs}\x00-\x20\x7f~^:?*[\\]{1,1000}(?<![./])$/su;

/** Whether git accepts `refs/heads/<name>`. */
export function isBranchName(name: string): boolean {
  return BRANCH_NAME.test(name);
}
