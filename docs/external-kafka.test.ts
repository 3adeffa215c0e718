import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../apps/service/testing/repository.ts';
import { documentedFolder, withReaders } from '../clusters/minikube/tests/testing/documented.ts';
import { type Manifest, renderWith } from '../clusters/minikube/tests/testing/render.ts';

const overlay = (file: string) => readFileSync(join(ROOT, 'overlays', file), 'utf8');
/** A copy of dev with the files of the page, as `npm run environment -- add` and its reader make it. */
const folder = async (name: string): Promise<Record<string, string>> => ({
  [`overlays/${name}/producer.env`]: overlay('dev/producer.env').replace('=dev', `=${name}`),
  [`overlays/${name}/consumer.env`]: overlay('dev/consumer.env').replace('=dev', `=${name}`),
  ...(await documentedFolder(name)),
});

const withoutHash = (name: string) => name.replace(/-[bcdfghkmt2456789]{10}$/, '');
const names = (manifests: Manifest[], kind: string) =>
  manifests.filter((one) => one.kind === kind).map(({ metadata }) => withoutHash(metadata.name));
const find = (manifests: Manifest[], kind: string, name: string) =>
  manifests.find((one) => one.kind === kind && withoutHash(one.metadata.name) === name)!;
const data = (manifests: Manifest[], name: string) => find(manifests, 'ConfigMap', name)['data'];
/** The policies that say who may begin a flow, and to whom. */
const waysOut = (manifests: Manifest[]) =>
  names(
    manifests.filter(({ spec }) => (spec as { policyTypes?: string[] } | undefined)?.policyTypes?.includes('Egress')),
    'NetworkPolicy',
  );
const secrets = (manifests: Manifest[]) =>
  new Set(
    [...JSON.stringify(manifests).matchAll(/"(?:secretName|secretKeyRef":\{[^}]*"name)":"([^"]+)/g)].map(
      ([, name]) => name,
    ),
  );

const TLS = { KAFKA_SSL: 'true', KAFKA_SSL_CA: '/etc/hello/kafka/ca.crt' };

it('an environment whose Kafka is outside of the cluster has none, and what it needs to get there', async () => {
  const manifests = await renderWith('elsewhere', await folder('elsewhere'));
  expect(names(manifests, 'Deployment')).toEqual(['consumer', 'producer']);
  for (const kind of ['Secret', 'StatefulSet']) expect(names(manifests, kind)).toEqual([]);
  expect(waysOut(manifests)).toEqual(['default-deny', 'dns', 'to-kafka']);
  for (const service of ['producer', 'consumer'])
    expect(data(manifests, service)).toMatchObject({
      KAFKA_BROKERS: '192.0.2.10:9093,192.0.2.11:9093',
      ENVIRONMENT: 'elsewhere',
      ...TLS,
    });
  expect(secrets(manifests)).toEqual(new Set(['external-kafka']));
});

it('needs no Secret where that Kafka takes everybody', async () => {
  const files = await folder('elsewhere');
  const kustomization = 'overlays/elsewhere/kustomization.yaml';
  files[kustomization] = files[kustomization]!.replace(/^components:\n.*\n/m, '');
  const manifests = await renderWith('elsewhere', files);
  expect(secrets(manifests)).toEqual(new Set());
  expect(names(manifests, 'NetworkPolicy')).toContain('to-kafka');
});

it('its page can be secured', async () => {
  const files = await folder('elsewhere');
  const kustomization = 'overlays/elsewhere/kustomization.yaml';
  files[kustomization] = files[kustomization]!.replace('external-kafka\n', 'external-kafka\n  - ../../base/secured\n');
  const manifests = await renderWith('elsewhere', files);
  expect(secrets(manifests)).toEqual(new Set(['external-kafka', 'page-tls', 'accounts', 'session-keys']));
  expect(data(manifests, 'consumer')).toMatchObject({ ...TLS, TLS_CERT: '/etc/hello/tls/tls.crt' });
  expect(names(manifests, 'Deployment')).toEqual(['consumer', 'producer']);
});

it('an environment that reads the topic of prod has no producer, and its way there alone', async () => {
  const manifests = await renderWith('audit', await folder('audit'));
  expect(find(manifests, 'Deployment', 'producer')['spec']).toMatchObject({ replicas: 0 });
  expect(find(manifests, 'NetworkPolicy', 'to-kafka')['spec']).toMatchObject({
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'consumer' } },
    egress: [{ ports: [{ port: 'client' }] }],
  });
  expect(data(manifests, 'consumer')).toMatchObject(TLS);
});

it('prod lets it in, by an account that is declared there', async () => {
  const manifests = await renderWith('prod', {
    ...(await documentedFolder('prod')),
    'overlays/prod/kustomization.yaml': withReaders(overlay('prod/kustomization.yaml')),
  });
  expect(data(manifests, 'kafka-readers')).toEqual({ audit: 'hello-world' });
  const { name } = find(manifests, 'ConfigMap', 'kafka-readers').metadata;
  const volumes = JSON.stringify(find(manifests, 'Deployment', 'kafka-access'));
  // By its whole name, so Kafka's rights follow a change.
  expect(volumes).toContain(`"configMap":{"name":"${name}"}`);
  expect(volumes).toContain('"secretName":"kafka-readers"');
  expect(names(manifests, 'NetworkPolicy')).toContain('kafka-from-audit');
});
