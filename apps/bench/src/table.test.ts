import { expect, it } from 'vitest';
import { table } from './table.ts';

it('aligns names to the left and figures to the right', () => {
  expect(
    table(
      ['peer', 'p99 ms'],
      [
        ['ours', '1.5'],
        ['Socket.IO', '12'],
      ],
    ),
  ).toBe(['peer       p99 ms', '─────────  ──────', 'ours          1.5', 'Socket.IO      12'].join('\n'));
});
