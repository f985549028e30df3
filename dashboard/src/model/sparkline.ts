/** The lines and the area below them, as paths of SVG. */
export interface Sparkline {
  readonly line: string;
  readonly area: string;
}

/** What stays the same is a line across the box, and no full box. */
const HEADROOM = 1.25;

/**
 * Draws values into a box whose right edge is now. They begin at zero, and a quiet figure is a line at the bottom. Where
 * a value is not known the line is broken.
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

/** Down from the last point, and back to below the first. */
function closing(points: readonly string[], height: number): string {
  const xOf = (point: string): string => point.split(' ')[0]!;
  return `L${xOf(points.at(-1)!)} ${height}L${xOf(points[0]!)} ${height}Z`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
