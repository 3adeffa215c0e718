import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { environments, parseManifests, renderWithoutCharts } from '../clusters/minikube/tests/testing/render.ts';

interface Deployment {
  replicas?: number;
  template: {
    metadata: { labels: Record<string, string> };
    spec: { topologySpreadConstraints?: { topologyKey: string; labelSelector: object }[] };
  };
}

const ROOT = join(import.meta.dirname, '..');

const texts = await renderWithoutCharts(['../../base/replicated', '../../base/autoscaled']);

/** The specification of a consumer's object. */
const specOf = (text: string, kind: string): unknown =>
  parseManifests(text).find((one) => one.kind === kind && one.metadata.name === 'consumer')?.['spec'];
const of = (environment: string) => texts[environments.indexOf(environment)]!;
const deployment = (environment: string) => specOf(of(environment), 'Deployment') as Deployment;

describe.each(environments)('%s with several consumers', (environment) => {
  it('has them on several nodes', () => {
    const { template } = deployment(environment);
    const [constraint] = template.spec.topologySpreadConstraints!;
    expect(constraint?.topologyKey).toBe('kubernetes.io/hostname');
    expect({ matchLabels: template.metadata.labels }).toMatchObject(constraint!.labelSelector);
  });

  it('lets one of them be taken away at a time, be it the only one', () => {
    expect(specOf(of(environment), 'PodDisruptionBudget')).toMatchObject({ maxUnavailable: 1 });
  });

  it('has an autoscaler for the consumer', () => {
    expect(specOf(of(environment), 'HorizontalPodAutoscaler')).toMatchObject({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'consumer' },
      minReplicas: 2,
      maxReplicas: 4,
    });
  });
});

describe('a number of consumers', () => {
  /** What git/check says of a rendered environment. */
  const check = (environment: string) => {
    try {
      const options = { input: of(environment), encoding: 'utf8' as const };
      return execFileSync(join(ROOT, 'clusters/minikube/git/check'), ['--rendered', environment], options);
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  };

  it('is nowhere in git where an autoscaler chooses it', () => {
    expect(deployment('dev').replicas).toBeUndefined();
    expect(check('dev')).toBe('');
  });

  it('is refused beside one', () => {
    expect(deployment('prod').replicas).toBe(2);
    expect(check('prod')).toContain('✗ overlays/prod has an autoscaler for Deployment/consumer, and replicas: 2');
  });

  it('is left to an autoscaler in prod by the change that docs/beyond-minikube.md shows', async () => {
    const page = await readFile(join(ROOT, 'docs/beyond-minikube.md'), 'utf8');
    const [, change = ''] = /^```diff\n(.*?)^```$/ms.exec(page)!;
    const copy = await mkdtemp(join(tmpdir(), 'hello-overlays-'));
    await cp(join(ROOT, 'overlays/prod/kustomization.yaml'), join(copy, 'overlays/prod/kustomization.yaml'));
    execFileSync('git', ['apply', '-'], { cwd: copy, input: change });
    const changed = parse(await readFile(join(copy, 'overlays/prod/kustomization.yaml'), 'utf8')) as object;
    expect(changed).toHaveProperty('components', expect.arrayContaining(['../../base/autoscaled']));
    expect(changed).not.toHaveProperty('replicas');
  });
});
