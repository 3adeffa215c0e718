import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { ROOT } from '../apps/service/testing/repository.ts';

/** The files of tests that Vitest would run, each with its project. */
function listed(...options: string[]): string[] {
  const vitest = ['node_modules/vitest/vitest.mjs', 'list', '--filesOnly', ...options];
  return execFileSync(process.execPath, vitest, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
}

it('runs no test that needs Kafka or a cluster, or breaks something, unless it is asked for', () => {
  const files = listed();
  expect(files).toContain('[unit] docs/projects.test.ts');
  expect(files.filter((file) => !file.startsWith('[unit]') || /\.(?:kafka|fault|e2e)\./.test(file))).toEqual([]);
  expect(listed('--project', 'e2e')).toEqual(['[e2e] clusters/minikube/tests/cluster.e2e.test.ts']);
});
