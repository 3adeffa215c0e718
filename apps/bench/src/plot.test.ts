import { expect, it } from 'vitest';
import { plotBars } from './plot.ts';

it('draws a bar for each value, as long as its share of the largest in its group and column', () => {
  const plot = {
    title: 'A <fair> race',
    columns: ['speed', 'delay'],
    groups: [
      {
        title: '1 × 1',
        bars: [
          { name: 'ours', values: [200, 5] },
          { name: 'theirs', values: [100, undefined] },
        ],
      },
    ],
    emphasized: 'ours',
  };
  const svg = plotBars(plot, 'here & now');
  const widths = Array.from(svg.matchAll(/<rect( class="ours")? x="\d+" .*?width="([\d.]+)"/g), ([, ours, width]) => [
    ours !== undefined,
    Number(width),
  ]);
  expect(widths).toEqual([
    [true, 220],
    [true, 220],
    [false, 110],
  ]);
  expect(svg).toContain('A &lt;fair&gt; race');
  expect(svg).toContain('here &amp; now');
});
