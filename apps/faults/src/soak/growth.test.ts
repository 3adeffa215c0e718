import { expect, it } from 'vitest';
import { findGrowth, type Sample, summarize } from './growth.ts';

const SAMPLE: Sample = { rssMb: 100, heapMb: 20, handles: 50, files: 60, cpu: 10 };

it('takes the middle of what varies, and a heap without its garbage', () => {
  const samples = [30, 20, 40].map((value) => ({
    rssMb: value,
    heapMb: value,
    handles: value,
    files: value,
    cpu: value,
  }));
  expect(summarize(samples)).toEqual({ rssMb: 30, heapMb: 20, handles: 30, files: 30, cpu: 30 });
});

it('takes noise for noise', () => {
  expect(findGrowth(SAMPLE, { rssMb: 119, heapMb: 26, handles: 57, files: 67, cpu: 15 })).toEqual([]);
});

it.each([
  ['rssMb', 121],
  ['heapMb', 28],
  ['handles', 58],
  ['files', 69],
  ['cpu', 16],
] as const)('finds that %s grew', (measure, value) => {
  expect(findGrowth(SAMPLE, { ...SAMPLE, [measure]: value })).toEqual([expect.stringContaining(measure)]);
});
