import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['apps/**/*.kafka.test.ts'],
    globalSetup: ['apps/broadcasts/testing/broker.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // One broker serves all files, and some of them stop it.
    fileParallelism: false,
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['apps/broadcasts/src/kafka-*.ts'],
      exclude: ['**/*.test.ts', '**/kafka-config.ts'],
      reporter: ['text-summary', 'html'],
      reportsDirectory: 'coverage/kafka',
      // Which of the paths of a broker's errors run depends on when it was stopped: a bound, not the figure of one run.
      thresholds: { branches: 80, lines: 90 },
    },
  },
});
