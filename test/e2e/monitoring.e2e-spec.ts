import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ClusterMetrics } from '../../src/store/redis/cluster-metrics.js';
import { Authority } from '../support/certificates.js';
import { Figures, type About } from '../support/figures.js';
import { parseQuery } from '../support/promql.js';
import { Service } from '../support/service.js';
import { TlsFolder } from '../support/tls-folder.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** The labels that Prometheus adds to every series. */
const OF_EVERYTHING = ['job', 'instance'];

const rules = (
  parse(readFileSync('deploy/prometheus/alerts.yaml', 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[];
  }
).groups.flatMap((group) => group.rules);

const { panels, templating } = JSON.parse(readFileSync('deploy/grafana/presence.json', 'utf8')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
};
/** Every file that may name a metric: deployment files and documentation. */
const files = [
  ...['README.md', 'client/README.md', 'compose.yaml'],
  ...['deploy', 'docs', 'examples', 'dashboard/src', 'cli/src'].flatMap(filesBelow),
].filter((path) => !/\.(png|svg|spec\.ts)$/.test(path));

/** The example queries of docs/observability.md: the last cell of each row of that section. */
const examples = [
  ...readFileSync('docs/observability.md', 'utf8')
    .replace(/^[^]*## Example queries/, '')
    .replace(/\n## [^]*$/, '')
    .matchAll(/^\| (.+?) +\| `(.+)` +\|$/gm),
].map(([, question = '', query = '']) => [question, query.replaceAll('\\|', '|')] as const);

const charts = panels.filter(({ type }) => type !== 'row');

describe('The monitoring of the service', () => {
  let figures: Figures;
  let service: Service;
  let folder: TlsFolder;
  beforeAll(async () => {
    // Includes everything that metrics can describe: a certificate, and calls.
    folder = await TlsFolder.with(await (await Authority.make('root')).server());
    service = await Service.start(folder.settings);
    figures = await Figures.of(service);
  });
  afterAll(async () => {
    await service.stop();
    await folder.remove();
  });

  /** Returns the metric to which a name in a query belongs. A histogram has three names. */
  function metricOf(name: string): About {
    const isMeant = (about: About): boolean =>
      about.name === name ||
      (about.type === 'histogram' && name.replace(/_(bucket|sum|count)$/, '') === about.name);
    const metric = figures.about.find(isMeant);
    if (metric === undefined) throw new Error(`there is no metric ${name}`);
    return metric;
  }

  function isMetric(name: string): boolean {
    return figures.about.some((about) => about.name === name);
  }

  /** Returns the labels of a metric, or undefined if it has no series yet. */
  function labelsOf(name: string): ReadonlySet<string> | undefined {
    const series = figures.seriesOf(name);
    if (series.length === 0) return undefined;
    return new Set([...OF_EVERYTHING, ...series.flatMap(({ labels }) => Object.keys(labels))]);
  }

  /** Checks a query against the metrics of the server. */
  function check(expr: string): void {
    // Replaces the Grafana variable for a duration. Other variables occur only within strings.
    const { selectors, grouping } = parseQuery(expr.replaceAll('$__rate_interval', '5m'));
    expect(selectors.length).toBeGreaterThan(0);
    const known = new Set(OF_EVERYTHING);
    for (const { metric, labels, over } of selectors) {
      if (metric === 'up') continue;
      const { type } = metricOf(metric);
      const isCount = type === 'counter' || type === 'histogram';
      expect(over !== undefined, `${metric} is a ${type}: ${expr}`).toBe(isCount);
      if (over !== undefined) expect(['rate', 'increase']).toContain(over);
      const ofMetric = labelsOf(metric);
      for (const label of labels) if (ofMetric) expect(ofMetric).toContain(label);
      for (const label of ofMetric ?? grouping) known.add(label);
    }
    for (const label of grouping) expect(known, expr).toContain(label);
  }

  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    'has the alert %s, with existing metrics and a remedy',
    (name, { expr, labels, annotations, for: lasting }) => {
      expect(name).toMatch(/^Presence[A-Z]\w+$/);
      check(expr);
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(lasting).toMatch(/^\d+[smh]$/);
      expect(annotations.summary).toMatch(/\.$/);
      expect(annotations.description.length).toBeGreaterThan(60);
      for (const [, label = ''] of annotations.summary.matchAll(/\$labels\.(\w+)/g)) {
        const { grouping } = parseQuery(expr);
        const isGrouped = / by \(/.test(expr);
        expect(isGrouped ? grouping : OF_EVERYTHING).toContain(label);
      }
    },
  );

  it.each(charts.map((chart) => [chart.title, chart] as const))(
    'has the panel "%s", with existing metrics',
    (_, { targets = [] }) => {
      expect(targets.length).toBeGreaterThan(0);
      for (const { expr } of targets) check(expr);
    },
  );

  it('has example queries', () => expect(examples.length).toBeGreaterThan(5));

  it.each(examples)('answers the example query of docs/observability.md: %s', (_, expr) =>
    check(expr),
  );

  it.each(files)('names only existing metrics: %s', (path) => {
    for (const name of metricNamesIn(readFileSync(path, 'utf8')))
      expect(() => metricOf(name), path).not.toThrow();
  });

  it('is searched for metric names everywhere', () => {
    expect(files).toContain('deploy/helm/templates/autoscaler.yaml');
    expect(files).toContain('deploy/grafana/presence.json');
    expect(files).toContain('docs/observability.md');
    const text = "name: presence_sessions; rate(presence_calls_total[5m]), 'presence_store_up'";
    const unknown = metricNamesIn(text).filter((name) => !isMetric(name));
    expect(unknown).toEqual(['presence_sessions', 'presence_calls_total']);
  });

  it('has panels with distinct titles, and variables from existing metrics', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { definition } of templating.list) {
      if (definition === undefined) continue;
      const [, metric = ''] = /^label_values\((\w+)/.exec(definition) ?? [];
      expect(metricOf(metric).type).toBe('gauge');
    }
  });

  it('shows every metric of the service in the Grafana dashboard', () => {
    const shown = new Set(
      charts
        .flatMap(({ targets = [] }) => targets)
        .flatMap(({ expr }) => parseQuery(expr.replaceAll('$__rate_interval', '5m')).selectors)
        .map(({ metric }) => (metric === 'up' ? metric : metricOf(metric).name)),
    );
    const own = figures.about.filter(({ name }) => name.startsWith('presence_'));
    expect(own.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
  });

  it('documents each metric in docs/observability.md with the help text of the server', () => {
    const documented = tableOf('docs/observability.md');
    const rows = figures.about.map(({ name, type, help }) => {
      const sample = type === 'histogram' ? `${name}_bucket` : name;
      const labels = [...(labelsOf(sample) ?? [])].filter(
        (label) => ![...OF_EVERYTHING, 'le', 'quantile'].includes(label),
      );
      return { name, type, labels, help };
    });
    for (const { name, type, labels, help } of rows) {
      const row = documented.get(name);
      // Not all metrics of the process need documentation.
      if (row === undefined && !name.startsWith('presence_')) continue;
      expect(row, `docs/observability.md lacks: ${name} | ${type} | ${help}`).toBeDefined();
      expect(row).toMatchObject({ type, help });
      for (const label of labels) expect(row!.labels).toContain(label);
    }
    const names = new Set(rows.map(({ name }) => name));
    const gone = [...documented.keys()].filter((name) => !names.has(name));
    expect(gone, 'metrics that there are not').toEqual([]);
  });

  it('has a documented meaning for every label value', () => {
    const page = readFileSync('docs/observability.md', 'utf8');
    const documented = (metric: string, label: string): readonly string[] => {
      const row = new RegExp(`^\\| \`${metric}\` +\\| \`${label}\` +\\| (.*) \\|$`, 'm').exec(page);
      if (row === null)
        throw new Error(`docs/observability.md lacks the values of ${metric} ${label}`);
      return [...row[1]!.matchAll(/`(\w+)`/g)].map(([, value = '']) => value);
    };
    for (const metric of [
      'presence_commands_total',
      'presence_events_total',
      'presence_subscription_resets_total',
      'presence_connections_closed_total',
      'presence_calls_aborted_total',
      'presence_webhook_requests_total',
    ]) {
      const series = figures.seriesOf(metric);
      expect(series.length).toBeGreaterThan(0);
      for (const { labels } of series) {
        for (const [label, value] of Object.entries(labels)) {
          expect(documented(metric, label)).toContain(value);
        }
      }
    }
    const { counts } = new ClusterMetrics(new Logger());
    expect(documented('presence_store_keys_lost_total', 'key')).toEqual(
      Object.keys(counts.keysLost),
    );
    const reasons = readFileSync('docs/cluster.md', 'utf8')
      .replace(/^[^]*### Resync reasons/, '')
      .matchAll(/^\| `(\w+)` .*`?/gm);
    expect([...reasons].map(([, reason]) => reason)).toEqual(
      expect.arrayContaining(Object.keys(counts.resyncs)),
    );
  });
});

/**
 * Returns the words that have the prefix of the service's metrics. Names of contract and generated
 * files have it too, and are excluded.
 */
function metricNamesIn(text: string): string[] {
  return text.match(/\bpresence_(?!service|pb)[a-z0-9_]*[a-z0-9]\b/g) ?? [];
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Returns the metrics of a page by name: the table rows that begin with a metric name. */
function tableOf(
  path: string,
): ReadonlyMap<
  string,
  { readonly type: string; readonly labels: readonly string[]; readonly help: string }
> {
  const rows = readFileSync(path, 'utf8').matchAll(
    /^\| `([a-z][a-z0-9_]*)` +\| (\w+) +\| ([^|]*?) *\| (.*?) +\|$/gm,
  );
  return new Map(
    [...rows].map(([, name = '', type = '', labels = '', help = '']) => [
      name,
      { type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label), help },
    ]),
  );
}
