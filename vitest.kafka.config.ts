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
      thresholds: { branches: 90, lines: 90 },
    },
  },
});
