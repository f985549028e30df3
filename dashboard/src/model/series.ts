/** The latest values of a figure, up to a bound. Undefined: it was not known then. */
export class Series {
  /** The oldest first. Another array after every value. */
  values: readonly (number | undefined)[] = [];

  constructor(private readonly capacity = 60) {}

  get latest(): number | undefined {
    return this.values.at(-1);
  }

  push(value: number | undefined): void {
    this.values = [...this.values, value].slice(-this.capacity);
  }
}
