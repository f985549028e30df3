import type { Service } from './service.js';

export type Labels = Readonly<Record<string, string>>;

/** One line of `/metrics`. */
interface Series {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** What `/metrics` says of a metric beside its figures. */
export interface About {
  readonly name: string;
  readonly type: string;
  readonly help: string;
}

/** What the nodes of a service say at `/metrics`, read once. */
export class Figures {
  private constructor(
    private readonly texts: readonly string[],
    private readonly nodes: readonly (readonly Series[])[],
  ) {}

  static async of({ httpUrls }: Service): Promise<Figures> {
    const read = async (url: string): Promise<string> => (await fetch(`${url}/metrics`)).text();
    const texts = await Promise.all(httpUrls.map(read));
    return new Figures(texts, texts.map(seriesIn));
  }

  /** All metrics that there are, on any node. */
  get about(): readonly About[] {
    const [text = ''] = this.texts;
    return [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(
      ([, name = '', help = '', type = '']) => ({ name, help, type }),
    );
  }

  /** The lines whose metric has a name, on the first node. */
  seriesOf(name: string): readonly Series[] {
    return this.nodes[0]!.filter((series) => series.name === name);
  }

  /** What all series with these labels, and perhaps more, come to on all nodes together. */
  total(name: string, labels: Labels = {}): number {
    return this.onEach(name, labels).reduce((sum, value) => sum + value, 0);
  }

  /** The same on each of the nodes. */
  onEach(name: string, labels: Labels = {}): readonly number[] {
    const isMeant = (series: Series): boolean =>
      series.name === name &&
      Object.entries(labels).every(([label, value]) => series.labels[label] === value);
    return this.nodes.map((all) => all.filter(isMeant).reduce((sum, { value }) => sum + value, 0));
  }
}

function seriesIn(text: string): readonly Series[] {
  return [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(
    ([, name = '', labels = '', value]) => ({
      name,
      labels: Object.fromEntries(
        [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label, text]),
      ) as Labels,
      value: Number(value),
    }),
  );
}
