/** The latest values of a metric, up to a maximum number. Undefined: the value was not known. */
export class Series {
  /** The values, oldest first. A new array after every value. */
  values: readonly (number | undefined)[] = [];

  constructor(private readonly capacity = 60) {}

  get latest(): number | undefined {
    return this.values.at(-1);
  }

  push(value: number | undefined): void {
    this.values = [...this.values, value].slice(-this.capacity);
  }
}
