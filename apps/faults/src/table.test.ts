import { expect, it } from 'vitest';
import type { Report } from '../testing/report.ts';
import { findingsOf } from '../testing/table.ts';

const report: Report = {
  ...{ did: 'Killed it', recoveredMs: 1_520, clients: 1_000, records: 203, gaps: 1 },
  ...{ lost: 0, doubled: 0, disordered: 0 },
};
const usage = { counted: 383.6, anonymous: 124.7, limit: 384, disk: 512 };

it('has a row for each fault, and one more for what a consumer took', () => {
  const rows = [
    { name: 'the broker killed', report },
    { name: 'large records', report: { ...report, usage } },
  ];
  const { columns, rows: faults, more, missing } = findingsOf(rows, ['a full disk: not root']);
  expect(faults[0]).toEqual(['the broker killed', '1.5 s', '1,000', '203', '0', '0', '0', '1']);
  expect(faults.map((row) => row.length)).toEqual([columns.length, columns.length]);
  expect(more).toMatchObject([{ rows: [['large records', '384 MiB', '125 MiB', '512 MiB']] }]);
  expect(missing).toEqual(['a full disk: not root']);
});

it('has no table of memory where nobody looked at it', () => {
  expect(findingsOf([{ name: 'the broker killed', report }], []).more).toBeUndefined();
});
