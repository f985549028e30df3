/** `Symbol.dispose`, or the symbol that compilers of `using` expect in runtimes without it. */
export const dispose: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);
