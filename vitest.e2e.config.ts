import { defineConfig } from 'vitest/config';
import { PARTS } from './apps/bench/src/code.ts';

/** `--mode faults` breaks a cluster's pods instead of telling its whole story. */
export default defineConfig(({ mode }) => ({
  test: {
    include: [`clusters/minikube/tests/${mode === 'faults' ? 'faults' : 'cluster'}.e2e.test.ts`],
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // In a story each test begins where the one before it ended; faults come one by one.
    bail: mode === 'faults' ? 0 : 1,
    fileParallelism: false,
    reporters:
      mode === 'faults'
        ? ['default', ['./apps/faults/testing/table.ts', { keep: 'pods', parts: PARTS.cluster }]]
        : ['default'],
  },
}));
