import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{apps,clusters,docs,overlays}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.kafka.test.ts', '**/*.fault.test.ts', '**/*.e2e.test.ts'],
    globalSetup: ['apps/service/testing/temporary-folder.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Vitest's own second is too short for a page that draws once in a second, on a busy machine.
    expect: { poll: { timeout: 10_000, interval: 20 } },
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['apps/*/src/**/*.ts'],
      // main.ts and run.ts are a process's start and end, which tests try on processes of their own, where v8 does not
      // count; the page runs in a browser; the Kafka adapter needs a broker and is counted by vitest.kafka.config.ts.
      exclude: [
        '**/main.ts',
        '**/*.main.ts',
        'apps/service/src/run.ts',
        'apps/consumer/src/page/**',
        'apps/broadcasts/src/kafka-{admin,cluster,connection,fetcher,log,producer,protocol,reader,topic-log,watch}.ts',
        '**/*.test.ts',
        '**/testing/**',
      ],
      reporter: ['text-summary', 'html'],
      thresholds: { branches: 90, lines: 90 },
    },
  },
});
