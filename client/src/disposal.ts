/** `Symbol.dispose`, also where the language does not have it yet: `using` of compilers looks for it there. */
export const dispose: typeof Symbol.dispose =
  Symbol.dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);
