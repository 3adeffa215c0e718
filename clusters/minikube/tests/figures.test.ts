import { expect, it } from 'vitest';
import { clusterGoals } from './testing/figures.ts';

it('knows what people wait for in the cluster, and how long that may take', () => {
  const goals = clusterGoals({
    'up, second run': { measured: 7.5, unit: 's' },
    down: { measured: 25, unit: 's' },
    'memory of the whole cluster': { measured: 3.6, unit: 'GiB' },
  });
  expect(goals).toEqual([
    { what: 'up, second run', bound: 'at most', wanted: 8, measured: 7.5, unit: 's' },
    { what: 'memory of the whole cluster', bound: 'at most', wanted: 3.5, measured: 3.6, unit: 'GiB' },
  ]);
});
