import { round } from './goal.ts';

export interface Bar {
  name: string;
  /** One value for each of the plot's columns; missing where it was not measured. */
  values: (number | undefined)[];
}

export interface Group {
  title: string;
  bars: Bar[];
}

export interface BarPlot {
  title: string;
  columns: string[];
  groups: Group[];
  /** The bars that stand out. */
  emphasized: string;
}

const NAME_WIDTH = 120;
const BAR_WIDTH = 220;
const VALUE_WIDTH = 70;
const COLUMN_WIDTH = BAR_WIDTH + VALUE_WIDTH;
const BAR_HEIGHT = 16;
const GROUP_HEAD = 26;
const TOP = 64;
const MARGIN = 16;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .head, .group { font-weight: 600; }
  .small { font-size: 11px; fill: #57606a; }
  rect { fill: #b6bec8; }
  rect.ours { fill: #0969da; }
  .back { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .small { fill: #8b949e; }
    rect { fill: #57606a; }
    rect.ours { fill: #4493f8; }
    .back { fill: #0d1117; }
  }
`;

/**
 * Horizontal bars in groups, as SVG. Within a group each column has a scale of its own, and each bar its value beside
 * it.
 */
export function plotBars({ title, columns, groups, emphasized }: BarPlot, footer: string): string {
  const width = MARGIN * 2 + NAME_WIDTH + columns.length * COLUMN_WIDTH;
  const parts: string[] = [];
  let y = TOP;
  for (const group of groups) {
    parts.push(text(MARGIN, y + 14, 'group', group.title));
    y += GROUP_HEAD;
    const scales = columns.map((_, column) => Math.max(...group.bars.map(({ values }) => values[column] ?? 0)));
    for (const bar of group.bars) {
      parts.push(text(MARGIN + 12, y + 12, '', bar.name), ...drawBar(bar, y, scales, bar.name === emphasized));
      y += BAR_HEIGHT;
    }
    y += 8;
  }
  const height = y + 28;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img">`,
    `<title>${escape(title)}</title><style>${STYLE}</style>`,
    `<rect class="back" width="${width}" height="${height}"/>`,
    text(MARGIN, 26, 'title', title),
    ...columns.map((column, index) => text(columnX(index), 50, 'head', column)),
    ...parts,
    text(MARGIN, height - 10, 'small', footer),
    '</svg>\n',
  ].join('\n');
}

function drawBar({ values }: Bar, y: number, scales: number[], ours: boolean): string[] {
  return values.flatMap((value, column) => {
    if (value === undefined) return [];
    const length = Math.max(1, (value / scales[column]!) * BAR_WIDTH);
    const x = columnX(column);
    return [
      `<rect${ours ? ' class="ours"' : ''} x="${x}" y="${y + 2}" width="${length.toFixed(1)}" height="${BAR_HEIGHT - 4}"/>`,
      text(x + length + 5, y + 12, 'small', round(value)),
    ];
  });
}

const columnX = (column: number): number => MARGIN + NAME_WIDTH + column * COLUMN_WIDTH;

function text(x: number, y: number, className: string, content: string): string {
  const attribute = className ? ` class="${className}"` : '';
  return `<text x="${x.toFixed(1)}" y="${y}"${attribute}>${escape(content)}</text>`;
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
