import { defineConfig } from 'vitest/config';

/** `--mode quick` makes pauses shorter and leaves out what takes long; the tests say what. */
export default defineConfig(({ mode }) => ({
  test: {
    include: ['apps/faults/**/*.fault.test.ts'],
    globalSetup: ['apps/faults/testing/setup.ts'],
    // Of the short form no figures are shown to anybody.
    reporters: ['default', ['./apps/faults/testing/table.ts', mode === 'quick' ? {} : { keep: 'faults' }]],
    testTimeout: 240_000,
    hookTimeout: 180_000,
    // One machine, one broker, and faults that must not meet each other.
    fileParallelism: false,
  },
}));
