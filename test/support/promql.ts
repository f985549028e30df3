import { parser } from '@prometheus-io/lezer-promql';

/** A metric in a query. */
export interface Selector {
  readonly metric: string;
  /** The labels that select its series. */
  readonly labels: readonly string[];
  /**
   * The function over a range of its values, for example rate. Undefined if the value is used
   * directly.
   */
  readonly over: string | undefined;
}

export interface Query {
  readonly selectors: readonly Selector[];
  /** The labels by which the query groups or joins. */
  readonly grouping: readonly string[];
}

type Tree = ReturnType<typeof parser.parse>['topNode'];

/** Parses a PromQL query. Throws an error if it is not valid. */
export function parseQuery(text: string): Query {
  const selectors: Selector[] = [];
  const grouping: string[] = [];
  const textOf = ({ from, to }: { readonly from: number; readonly to: number }): string =>
    text.slice(from, to);
  parser.parse(text).iterate({
    enter: ({ node, type }) => {
      if (type.isError) throw new Error(`not PromQL at ${node.from}: ${text}`);
      if (type.name === 'GroupingLabels')
        grouping.push(...node.getChildren('LabelName').map(textOf));
      if (type.name !== 'VectorSelector') return;
      const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
      selectors.push({
        metric: textOf(node.getChild('Identifier')!),
        labels: matchers.map((matcher) => textOf(matcher.getChild('LabelName')!)),
        over: node.parent?.name === 'MatrixSelector' ? functionAround(node, textOf) : undefined,
      });
    },
  });
  return { selectors, grouping };
}

function functionAround(node: Tree, textOf: (node: Tree) => string): string | undefined {
  for (let around = node.parent; around; around = around.parent) {
    if (around.name === 'FunctionCall') return textOf(around.getChild('FunctionIdentifier')!);
  }
  return undefined;
}
