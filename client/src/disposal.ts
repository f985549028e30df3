// The published types name `Symbol.dispose`. Programs that compile for ES2023 lack its declaration.
/// <reference lib="esnext.disposable" preserve="true" />

/** `Symbol.dispose`, or the symbol that compilers of `using` expect in runtimes without it. */
export const dispose: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);
