/** True when the two types are the same, not merely assignable to each other. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
export function holds<_T extends true>(): void {}

/** Compiles only when every case of a union was handled. */
export function exhausted(value: never): never {
  throw new Error(`not handled: ${String(value)}`);
}
