import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environments, parseManifests, renderWithoutCharts } from '../clusters/minikube/tests/testing/render.ts';

interface Deployment {
  replicas?: number;
  template: {
    metadata: { labels: Record<string, string> };
    spec: { topologySpreadConstraints?: { topologyKey: string; labelSelector: object }[] };
  };
}

const CHECK = join(import.meta.dirname, '../clusters/minikube/git/check');

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
      return execFileSync(CHECK, ['--rendered', environment], options);
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
});
