import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['clusters/**/*.e2e.test.ts'],
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // A story: each test begins where the one before it ended.
    bail: 1,
    fileParallelism: false,
  },
});
