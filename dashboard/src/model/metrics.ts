/** The values of metrics of a node by their names: for each name the sum over all its labels. */
export type Metrics = ReadonlyMap<string, number>;
