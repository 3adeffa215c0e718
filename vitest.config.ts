import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['apps/**/*.test.ts', 'overlays/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.kafka.test.ts', '**/*.e2e.test.ts'],
    testTimeout: 30_000,
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['apps/*/src/**/*.ts'],
      // main.ts is process start, which tests run as a process of its own; the page runs in a browser; Kafka needs a broker.
      exclude: [
        '**/main.ts',
        'apps/consumer/src/page/**',
        'apps/broadcasts/src/kafka-*.ts',
        '**/*.test.ts',
        '**/testing/**',
      ],
      reporter: ['text-summary', 'html'],
      thresholds: { branches: 90, lines: 90 },
    },
  },
});
