import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { kubectl } from './testing/kubectl.ts';
import { parseManifests, type Manifest } from './testing/render.ts';

const run = promisify(execFile);

const container = (name: string) => ({
  name,
  image: 'quay.io/argoproj/argocd:v3.6.1',
  imagePullPolicy: 'Always',
  readinessProbe: { initialDelaySeconds: 5, periodSeconds: 10 },
});
const workload = (kind: string, name: string): Manifest => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name },
  spec: { replicas: 1, template: { spec: { containers: [container(name)] } } },
});
const configMap = (name: string): Manifest => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

/** Of Argo CD's own manifests what is patched here, as it is in v3.6.1. */
const INSTALL: Manifest[] = [
  ...['server', 'repo-server', 'dex-server', 'notifications-controller', 'redis', 'applicationset-controller'].map(
    (name) => workload('Deployment', `argocd-${name}`),
  ),
  workload('StatefulSet', 'argocd-application-controller'),
  ...['cm', 'cmd-params-cm', 'rbac-cm'].map((name) => configMap(`argocd-${name}`)),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'argocd-server' },
    spec: {
      ports: [
        { name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 },
        { name: 'https', port: 443, protocol: 'TCP', targetPort: 8080 },
      ],
    },
  },
];

describe.skipIf(kubectl === undefined)('Argo CD, as it is installed', () => {
  let folder: string;
  let manifests: Manifest[];
  const of = (kind: string, name: string) =>
    manifests.find((one) => one.kind === kind && one.metadata.name === name)! as never as {
      data: Record<string, string>;
      spec: { type: string; ports: object[]; template: { spec: { containers: { imagePullPolicy: string }[] } } };
    };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hello-argocd-'));
    await cp(join(import.meta.dirname, '../argocd'), folder, { recursive: true });
    await writeFile(join(folder, 'install.yaml'), INSTALL.map((one) => stringify(one)).join('---\n'));
    manifests = parseManifests((await run(kubectl!, ['kustomize', folder])).stdout);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('has its UI at the port that minikube publishes', () => {
    const { type, ports } = of('Service', 'argocd-server').spec;
    expect(type).toBe('NodePort');
    expect(ports).toEqual([
      { name: 'http', port: 80, protocol: 'TCP', targetPort: 8080, nodePort: 30080 },
      { name: 'https', port: 443, protocol: 'TCP', targetPort: 8080 },
    ]);
  });

  it('starts without a network what is on the node already', () => {
    for (const { kind, metadata } of INSTALL.filter(({ spec }) => Object.hasOwn(Object(spec) as object, 'template')))
      for (const { imagePullPolicy } of of(kind, metadata.name).spec.template.spec.containers)
        expect([metadata.name, imagePullPolicy]).toEqual([metadata.name, 'IfNotPresent']);
  });

  it('lets viewer look, and gives him no more', () => {
    expect(of('ConfigMap', 'argocd-cm').data['accounts.viewer']).toBe('login');
    expect(of('ConfigMap', 'argocd-rbac-cm').data).toEqual({ 'policy.csv': 'g, viewer, role:readonly\n' });
  });
});
