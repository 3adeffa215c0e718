import { describe, expect, it } from 'vitest';
import { differences } from '../clusters/minikube/testing/differences.ts';
import {
  environments,
  parseManifests,
  render,
  renderWithoutCharts,
  whyNoChart,
  type Manifest,
} from '../clusters/minikube/testing/render.ts';

// Where the chart cannot be pulled, everything but Kafka is tested, and the tests of Kafka say why they are skipped.
const noChart = await whyNoChart();
const renderAll = () =>
  noChart === undefined ? Promise.all(environments.map((environment) => render(environment))) : renderWithoutCharts();

const texts = await renderAll();
const manifests = texts.map(parseManifests);
const everything = manifests.flat();
const isKafka = (manifest: Manifest) =>
  manifest.metadata.name.startsWith('kafka') || manifest.metadata.labels?.['app.kubernetes.io/name'] === 'kafka';

interface Container {
  name: string;
  image: string;
  securityContext?: {
    allowPrivilegeEscalation?: boolean;
    readOnlyRootFilesystem?: boolean;
    runAsNonRoot?: boolean;
    runAsUser?: number;
    privileged?: boolean;
    capabilities?: { drop?: string[]; add?: string[] };
    seccompProfile?: { type: string };
  };
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  ports?: { hostPort?: number }[];
}

interface PodSpec extends Record<string, unknown> {
  containers: Container[];
  initContainers?: Container[];
  securityContext?: Container['securityContext'];
  automountServiceAccountToken?: boolean;
  volumes?: Record<string, unknown>[];
}

const pods = everything.flatMap((manifest) => {
  const spec = (manifest['spec'] as { template?: { spec: PodSpec } } | undefined)?.template?.spec;
  return spec === undefined ? [] : [{ name: `${manifest.metadata.namespace}/${manifest.metadata.name}`, spec }];
});
const containers = pods.flatMap(({ name, spec }) =>
  [...spec.containers, ...(spec.initContainers ?? [])].map((container) => ({
    name: `${name}/${container.name}`,
    spec,
    container,
  })),
);

describe('every environment', () => {
  it('is rendered to the same bytes again', async () => {
    expect(await renderAll()).toEqual(texts);
  });

  it('has its services', () => {
    expect(containers.length).toBeGreaterThanOrEqual(2 * environments.length);
  });

  it.each(containers)('pins $name by a tag that is not latest', ({ container }) => {
    expect(container.image).toMatch(/:(?!latest$)[\w][\w.-]+$/);
  });

  it('owns its objects alone', () => {
    const names = everything.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    for (const [index, environment] of environments.entries())
      for (const { kind, metadata } of manifests[index]!)
        expect(kind === 'Namespace' ? metadata.name : metadata.namespace).toBe(`hello-${environment}`);
  });

  it('has a port of its own, one of those that minikube publishes', () => {
    const ports = everything
      .filter(({ kind }) => kind === 'Service')
      .flatMap(({ spec }) =>
        (spec as { ports: { nodePort?: number }[] }).ports.flatMap(({ nodePort }) => nodePort ?? []),
      );
    expect(ports).toHaveLength(environments.length);
    expect(new Set(ports).size).toBe(ports.length);
    for (const port of ports) expect(port).toSatisfy((number: number) => number >= 30001 && number <= 30009);
  });
});

// https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
describe('the restricted Pod Security Standard', () => {
  it('is enforced in each namespace', () => {
    for (const { metadata } of everything.filter(({ kind }) => kind === 'Namespace'))
      expect(metadata.labels?.['pod-security.kubernetes.io/enforce']).toBe('restricted');
  });

  it.each(pods)('is met by $name', ({ spec }) => {
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) expect(spec[field] ?? false).toBe(false);
    const allowed = [
      'configMap',
      'csi',
      'downwardAPI',
      'emptyDir',
      'ephemeral',
      'persistentVolumeClaim',
      'projected',
      'secret',
    ];
    for (const { name: _, ...source } of spec.volumes ?? [])
      expect(allowed).toEqual(expect.arrayContaining(Object.keys(source)));
  });

  it.each(containers)('is met by $name', ({ spec, container }) => {
    const own = container.securityContext ?? {};
    expect(own.allowPrivilegeEscalation).toBe(false);
    expect(own.privileged ?? false).toBe(false);
    expect(own.capabilities?.drop).toContain('ALL');
    expect((own.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE')).toEqual([]);
    expect(own.runAsNonRoot ?? spec.securityContext?.runAsNonRoot).toBe(true);
    expect(own.runAsUser ?? spec.securityContext?.runAsUser).not.toBe(0);
    expect((own.seccompProfile ?? spec.securityContext?.seccompProfile)?.type).toBe('RuntimeDefault');
    expect((container.ports ?? []).filter(({ hostPort }) => hostPort)).toEqual([]);
  });
});

describe('beyond that standard', () => {
  it.each(containers)('$name cannot write to its image, has no token, and is bounded', ({ spec, container }) => {
    expect(container.securityContext?.readOnlyRootFilesystem).toBe(true);
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(Object.keys(container.resources?.requests ?? {})).toEqual(expect.arrayContaining(['cpu', 'memory']));
    expect(Object.keys(container.resources?.limits ?? {})).toContain('memory');
  });
});

// A place that comes to differ is meant or a mistake: `npm test -- overlays -u` writes down that it is meant.
describe(`the differences between ${environments.join(', ')}`, () => {
  const namespaceless = manifests.map(
    (objects, index) =>
      JSON.parse(JSON.stringify(objects).replaceAll(`hello-${environments[index]}`, 'hello-X')) as Manifest[],
  );
  const without = (kafka: boolean) => namespaceless.map((objects) => objects.filter((one) => isKafka(one) === kafka));

  it('are these in the application', () => {
    expect(differences(without(false)).join('\n')).toMatchInlineSnapshot(`
      "ConfigMap/consumer.data.BANNER: Customized with a configmap! | Hello World Dev! | Hello World Prod!
      ConfigMap/consumer.data.ENVIRONMENT: default | dev | prod
      ConfigMap/producer.data.ENVIRONMENT: default | dev | prod
      ConfigMap/producer.data.TOPIC_REPLICATION: 1 | 1 | 3
      Deployment/consumer.spec.replicas: 1 | 1 | 2
      Deployment/consumer.spec.template.spec.topologySpreadConstraints.0.labelSelector.matchLabels.app.kubernetes.io/name: - | - | consumer
      Deployment/consumer.spec.template.spec.topologySpreadConstraints.0.maxSkew: - | - | 1
      Deployment/consumer.spec.template.spec.topologySpreadConstraints.0.topologyKey: - | - | kubernetes.io/hostname
      Deployment/consumer.spec.template.spec.topologySpreadConstraints.0.whenUnsatisfiable: - | - | ScheduleAnyway
      PodDisruptionBudget/consumer: - | - | there
      Service/consumer.spec.ports.0.nodePort: 30001 | 30002 | 30003"
    `);
  });

  it('are these in Kafka', ({ skip }) => {
    skip(noChart !== undefined, `the chart cannot be pulled: ${noChart}`);
    expect(differences(without(true)).join('\n')).toMatchInlineSnapshot(`
      "ConfigMap/kafka-controller-configuration.data.server.properties line 3: controller.quorum.bootstrap.servers=kafka-controller-0.kafka-controller-headless.hello-X.svc.cluster.local:9093 | controller.quorum.bootstrap.servers=kafka-controller-0.kafka-controller-headless.hello-X.svc.cluster.local:9093 | controller.quorum.bootstrap.servers=kafka-controller-0.kafka-controller-headless.hello-X.svc.cluster.local:9093,kafka-controller-1.kafka-controller-headless.hello-X.svc.cluster.local:9093,kafka-controller-2.kafka-controller-headless.hello-X.svc.cluster.local:9093
      ConfigMap/kafka-controller-configuration.data.server.properties line 4: default.replication.factor=1 | default.replication.factor=1 | default.replication.factor=3
      ConfigMap/kafka-controller-configuration.data.server.properties line 11: min.insync.replicas=1 | min.insync.replicas=1 | min.insync.replicas=2
      ConfigMap/kafka-controller-configuration.data.server.properties line 12: offsets.topic.replication.factor=1 | offsets.topic.replication.factor=1 | offsets.topic.replication.factor=3
      ConfigMap/kafka-controller-configuration.data.server.properties line 14: transaction.state.log.min.isr=1 | transaction.state.log.min.isr=1 | transaction.state.log.min.isr=2
      ConfigMap/kafka-controller-configuration.data.server.properties line 15: transaction.state.log.replication.factor=1 | transaction.state.log.replication.factor=1 | transaction.state.log.replication.factor=3
      PodDisruptionBudget/kafka-controller: - | - | there
      StatefulSet/kafka-controller.spec.replicas: 1 | 1 | 3
      StatefulSet/kafka-controller.spec.template.spec.initContainers.0.args.1 line 16: for ((i = 0; i < 1; i++)); do | for ((i = 0; i < 1; i++)); do | for ((i = 0; i < 3; i++)); do
      StatefulSet/kafka-controller.spec.template.spec.initContainers.0.env.11.name: - | - | KAFKA_CONTROLLER_1_DIR_ID
      StatefulSet/kafka-controller.spec.template.spec.initContainers.0.env.11.valueFrom.secretKeyRef.key: - | - | controller-1-id
      StatefulSet/kafka-controller.spec.template.spec.initContainers.0.env.11.valueFrom.secretKeyRef.name: - | - | kafka-kraft
      StatefulSet/kafka-controller.spec.template.spec.initContainers.0.env.12.name: - | - | KAFKA_CONTROLLER_2_DIR_ID
      StatefulSet/kafka-controller.spec.template.spec.initContainers.0.env.12.valueFrom.secretKeyRef.key: - | - | controller-2-id
      StatefulSet/kafka-controller.spec.template.spec.initContainers.0.env.12.valueFrom.secretKeyRef.name: - | - | kafka-kraft"
    `);
  });
});

describe('Kafka', () => {
  it('is as many nodes as the environment is to have, and keeps its data', ({ skip }) => {
    skip(noChart !== undefined, `the chart cannot be pulled: ${noChart}`);
    const nodes = everything
      .filter(({ kind }) => kind === 'StatefulSet')
      .map(({ metadata, spec }) => [metadata.namespace, (spec as { replicas: number }).replicas] as const);
    expect(Object.fromEntries(nodes)).toMatchObject({ 'hello-default': 1, 'hello-dev': 1, 'hello-prod': 3 });
    for (const { spec } of everything.filter(({ kind }) => kind === 'StatefulSet'))
      expect((spec as { volumeClaimTemplates: unknown[] }).volumeClaimTemplates).toHaveLength(1);
  });
});
