import { readFigures, type Figures } from '../model/prometheus.js';

/** How often the figures are asked for. */
export const FIGURES_EVERY_MS = 2000;

/** Below this a difference of clocks cannot be told from the time that an answer takes, and its date has no fractions. */
const NOTICEABLE_MS = 2000;

export interface FigureAnswer {
  /** Undefined: they could not be had. */
  readonly figures: Figures | undefined;
  /** How far the clock of the service is ahead of the one here, if that can be told. */
  readonly clockAheadMs: number;
}

/** Asks the service for its figures, as Prometheus does. */
export async function fetchFigures(signal: AbortSignal): Promise<FigureAnswer> {
  try {
    const response = await fetch('/metrics', { signal, cache: 'no-store' });
    if (!response.ok) return { figures: undefined, clockAheadMs: 0 };
    const date = Date.parse(response.headers.get('date') ?? '');
    const figures = readFigures(await response.text());
    const ahead = date - Date.now();
    return { figures, clockAheadMs: Math.abs(ahead) > NOTICEABLE_MS ? ahead : 0 };
  } catch {
    return { figures: undefined, clockAheadMs: 0 };
  }
}
