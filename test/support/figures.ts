import type { Service } from './service.js';

export type Labels = Readonly<Record<string, string>>;

/** One line of `/metrics`. */
interface Series {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** The metadata of a metric in `/metrics`. */
export interface About {
  readonly name: string;
  readonly type: string;
  readonly help: string;
}

/** The metrics of all nodes of a service, read once. */
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

  /** The metadata of all metrics. */
  get about(): readonly About[] {
    const [text = ''] = this.texts;
    return [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(
      ([, name = '', help = '', type = '']) => ({ name, help, type }),
    );
  }

  /** The series of a metric on the first node. */
  seriesOf(name: string): readonly Series[] {
    return this.nodes[0]!.filter((series) => series.name === name);
  }

  /** The sum over all nodes of all series that have at least these labels. */
  total(name: string, labels: Labels = {}): number {
    return this.onEach(name, labels).reduce((sum, value) => sum + value, 0);
  }

  /** The same sum for each node. */
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
