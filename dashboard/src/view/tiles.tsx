import type { MetricHistory } from '../model/metric-history.js';
import type { Series } from '../model/series.js';
import { sparkline } from '../model/sparkline.js';

interface TilesProps {
  readonly userCount: number;
  readonly metrics: MetricHistory;
}

/** The most important metrics of the service. */
export function Tiles({ userCount, metrics }: TilesProps) {
  const { sessions, eventsPerSecond, deliveriesPerSecond } = metrics;
  const { subscribers, subscribersLagging, lagSeconds, webhooks } = metrics;
  return (
    <section class="tiles" aria-label="Metrics">
      <Tile
        name="Users not offline"
        value={whole(userCount)}
        more={`${whole(sessions.latest)} ${sessions.latest === 1 ? 'session' : 'sessions'}`}
        series={sessions}
      />
      <Tile
        name="Events per second"
        value={rate(eventsPerSecond.latest)}
        more={`${rate(deliveriesPerSecond.latest)} delivered per second`}
        series={eventsPerSecond}
      />
      <Tile
        name="Subscribers"
        value={whole(subscribers.latest)}
        more="on this node"
        series={subscribers}
      />
      <Tile
        name="Lag"
        value={lag(lagSeconds.latest)}
        more={`${whole(subscribersLagging.latest)} behind`}
        series={lagSeconds}
      />
      {webhooks !== undefined && <p class="webhooks">{webhooks}</p>}
    </section>
  );
}

interface TileProps {
  readonly name: string;
  readonly value: string;
  readonly more: string;
  readonly series: Series;
}

const BOX = { width: 120, height: 40, capacity: 60 };

function Tile({ name, value, more, series }: TileProps) {
  const { line, area } = sparkline(series.values, BOX);
  return (
    <div class="tile">
      <div>
        <h2>{name}</h2>
        <p class="value">{value}</p>
        <p class="more">{more}</p>
      </div>
      <svg
        viewBox={`0 -2 ${BOX.width} ${BOX.height + 4}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <path class="area" d={area} />
        <path class="line" d={line} />
      </svg>
    </div>
  );
}

const UNKNOWN = '–';

function whole(value: number | undefined): string {
  return value === undefined ? UNKNOWN : value.toLocaleString('en');
}

function rate(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 });
}

function lag(seconds: number | undefined): string {
  if (seconds === undefined) return UNKNOWN;
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}
