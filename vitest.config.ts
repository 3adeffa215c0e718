import { availableParallelism } from 'node:os';
import { defineConfig, defineProject } from 'vitest/config';

const unit = defineProject({
  test: {
    name: 'unit',
    include: ['{apps,clusters,docs,overlays}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.kafka.test.ts', '**/*.fault.test.ts', '**/*.e2e.test.ts'],
    globalSetup: ['apps/service/testing/temporary-folder.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Vitest's own second is too short for a page that draws once in a second, on a busy machine.
    expect: { poll: { timeout: 10_000, interval: 20 } },
  },
});

const kafkaCoverage = {
  include: ['apps/broadcasts/src/kafka-*.ts'],
  exclude: ['**/*.test.ts', '**/kafka-config.ts'],
  reportsDirectory: 'coverage/kafka',
  // Which of the paths of a broker's errors run depends on when it was stopped: a bound, not the figure of one run.
  thresholds: { branches: 80, lines: 90 },
};

const kafka = defineProject({
  test: {
    name: 'kafka',
    include: ['apps/**/*.kafka.test.ts'],
    globalSetup: ['apps/broadcasts/testing/broker.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // One broker serves all files, and some of them stop it.
    fileParallelism: false,
  },
  plugins: [
    {
      name: 'coverage of the Kafka adapter',
      // In Vitest a run has a coverage, a project has none.
      configureVitest: ({ vitest }) => void Object.assign(vitest.config.coverage, kafkaCoverage),
    },
  ],
});

/** `--mode quick` makes pauses shorter and leaves out what takes long; the tests say what. */
const faults = defineProject({
  test: {
    name: 'faults',
    include: ['apps/faults/**/*.fault.test.ts'],
    globalSetup: ['apps/faults/testing/setup.ts'],
    testTimeout: 240_000,
    hookTimeout: 180_000,
    // One machine, one broker, and faults that must not meet each other.
    fileParallelism: false,
  },
});

const e2e = defineProject({
  test: {
    name: 'e2e',
    include: ['clusters/minikube/tests/cluster.e2e.test.ts'],
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // A story, in which each test begins where the one before it ended.
    bail: 1,
  },
});

const pods = defineProject({
  test: {
    name: 'pods',
    include: ['clusters/minikube/tests/faults.e2e.test.ts'],
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});

const beyond = defineProject({
  test: {
    name: 'beyond',
    include: ['clusters/minikube/tests/beyond.e2e.test.ts'],
    testTimeout: 900_000,
    hookTimeout: 900_000,
    bail: 1,
  },
});

/** Vitest takes it from here, too, but its types have it for the command line alone: a spread is not checked for that. */
const byDefault = { project: 'unit' };

/** The tests by what they need. Those of `npm test` run where no `--project` is named. */
export default defineConfig({
  test: {
    ...byDefault,
    // One more than Vitest's own number, which leaves one of two cores idle. Many tests wait for browsers and shells.
    maxWorkers: availableParallelism(),
    projects: [unit, kafka, faults, e2e, pods, beyond],
    coverage: {
      provider: 'v8',
      include: ['apps/*/src/**/*.ts'],
      // main.ts and run.ts are a process's start and end, which tests try on processes of their own, where v8 does not
      // count; the page runs in a browser; the Kafka adapter needs a broker and is counted by `npm run test:kafka`.
      exclude: [
        '**/main.ts',
        '**/*.main.ts',
        'apps/service/src/run.ts',
        'apps/consumer/src/page/**',
        'apps/broadcasts/src/kafka-{admin,cluster,connection,fetch-lane,fetcher,log}.ts',
        'apps/broadcasts/src/kafka-{producer,protocol,reader,requests,subscription,topic-log}.ts',
        '**/*.test.ts',
        '**/testing/**',
      ],
      reporter: ['text-summary', 'html'],
      // Beside that of Kafka's tests, which may run at the same time: what is in a folder goes when a run begins.
      reportsDirectory: 'coverage/unit',
      thresholds: { branches: 90, lines: 90 },
    },
  },
});
