/** The lines and the area below them, as SVG paths. */
export interface Sparkline {
  readonly line: string;
  readonly area: string;
}

/** Space above the highest value, so that a constant value is a line across the box and not a full box. */
const HEADROOM = 1.25;

/**
 * Draws values into a box whose right edge is the present. The scale starts at zero, so that a value of zero is a line
 * at the bottom. An unknown value interrupts the line.
 */
export function sparkline(
  values: readonly (number | undefined)[],
  { width, height, capacity }: { width: number; height: number; capacity: number },
): Sparkline {
  const top = HEADROOM * Math.max(...values.map((value) => value ?? 0)) || 1;
  const step = width / (capacity - 1);
  const from = width - (values.length - 1) * step;
  const pieces: string[][] = [[]];
  values.forEach((value, i) => {
    if (value === undefined) pieces.push([]);
    else pieces.at(-1)!.push(`${round(from + i * step)} ${round(height - (value / top) * height)}`);
  });
  const drawn = pieces.filter(({ length }) => length > 1);
  return {
    line: drawn.map((points) => `M${points.join('L')}`).join(''),
    area: drawn.map((points) => `M${points.join('L')}${closing(points, height)}`).join(''),
  };
}

/** Closes the area: down from the last point, and back to below the first point. */
function closing(points: readonly string[], height: number): string {
  const xOf = (point: string): string => point.split(' ')[0]!;
  return `L${xOf(points.at(-1)!)} ${height}L${xOf(points[0]!)} ${height}Z`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
