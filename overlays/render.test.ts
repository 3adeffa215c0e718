import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../apps/service/testing/repository.ts';
import { differences } from '../clusters/minikube/tests/testing/differences.ts';
import {
  environments,
  parseManifests,
  projects,
  render,
  renderWithoutCharts,
  secured,
  whyNoChart,
  type Manifest,
} from '../clusters/minikube/tests/testing/render.ts';

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
      expect(metadata.labels).toMatchObject({
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/enforce-version': 'v1.35',
      });
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

interface Flow {
  from?: unknown[];
  to?: unknown[];
  ports?: { port: number | string; protocol?: string }[];
}

interface NetworkPolicy {
  podSelector: { matchLabels?: Record<string, string> };
  policyTypes: string[];
  ingress?: Flow[];
  egress?: Flow[];
}

/** `who: in from whom at ports`, or `out to`, for each flow that a policy allows. */
const flowsOf = ({ podSelector, ingress = [], egress = [] }: NetworkPolicy): string[] => {
  const name = (selector: { matchLabels?: Record<string, string> } | undefined) =>
    Object.values(selector?.matchLabels ?? { all: 'every pod' }).join();
  const peers = (list: unknown[] | undefined) =>
    (list as { podSelector?: object; namespaceSelector?: object }[] | undefined)?.map((peer) =>
      [peer.namespaceSelector, peer.podSelector].flatMap((selector) => (selector ? name(selector) : [])).join('/'),
    ) ?? ['anyone'];
  const ports = (flow: Flow) => flow.ports?.map(({ port }) => port).join() ?? 'any';
  return [
    ...ingress.map((flow) => `${name(podSelector)}: in from ${peers(flow.from).join()} at ${ports(flow)}`),
    ...egress.map((flow) => `${name(podSelector)}: out to ${peers(flow.to).join()} at ${ports(flow)}`),
  ];
};

describe('the network', () => {
  const policies = (objects: Manifest[]) =>
    objects
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map(({ metadata, spec }) => ({ name: metadata.name, spec: spec as NetworkPolicy }));

  it.each(environments)('is closed in %s, in both directions', (environment) => {
    const objects = manifests[environments.indexOf(environment)]!;
    const deny = policies(objects).find(({ name }) => name === 'default-deny');
    expect(deny?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  it.each(environments)('lets these flows through in %s, and no other', (environment) => {
    const flows = policies(manifests[environments.indexOf(environment)]!).flatMap(({ name, spec }) =>
      flowsOf(spec).map((flow) => `${name}: ${flow}`),
    );
    const everywhere = [
      'consumer-to-kafka: consumer: out to kafka at client',
      'dns: every pod: out to kube-system/kube-dns at 53,53',
      'kafka-from-consumer: kafka: in from consumer at client',
      'kafka-from-producer: kafka: in from producer at client',
      'kafka-to-kafka: kafka: in from kafka at client,controller,interbroker',
      'kafka-to-kafka: kafka: out to kafka at client,controller,interbroker',
      'page: consumer: in from anyone at page',
      'consumer-from-prometheus: consumer: in from observe/prometheus at metrics',
      'producer-from-prometheus: producer: in from observe/prometheus at http',
      'producer-to-kafka: producer: out to kafka at client',
    ];
    const inSecured = [
      'kafka-access-to-kafka: kafka-access: out to kafka at interbroker',
      'kafka-from-kafka-access: kafka: in from kafka-access at interbroker',
    ];
    expect(flows.sort()).toEqual([...everywhere, ...(secured.includes(environment) ? inSecured : [])].sort());
  });

  it('names ports that pods have', ({ skip }) => {
    skip(noChart !== undefined, `the chart cannot be pulled: ${noChart}`);
    const named = pods.flatMap(({ spec }) =>
      spec.containers.flatMap(({ ports = [] }) => ports.flatMap((port) => (port as { name?: string }).name ?? [])),
    );
    for (const name of ['page', 'client', 'controller', 'interbroker', 'metrics']) expect(named).toContain(name);
  });
});

describe('a service account', () => {
  it('has no token by itself, and each service has its own', () => {
    const accounts = everything.filter(({ kind }) => kind === 'ServiceAccount');
    for (const account of accounts) expect(account['automountServiceAccountToken']).toBe(false);
    for (const name of ['producer', 'consumer'])
      for (const environment of environments)
        expect(pods.find((pod) => pod.name === `hello-${environment}/${name}`)?.spec['serviceAccountName']).toBe(name);
    const known = accounts.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    for (const { name, spec } of pods.filter(() => noChart === undefined))
      expect(known).toContain(`${name.split('/')[0]}/${String(spec['serviceAccountName'])}`);
  });
});

describe('a secret', () => {
  it('is in no manifest: there are but the names of who belongs to which Kafka', () => {
    const secrets = everything.filter(({ kind }) => kind === 'Secret');
    expect(new Set(secrets.map(({ metadata }) => metadata.name))).toEqual(new Set(['kafka-kraft']));
    for (const text of texts) expect(text).not.toMatch(/BEGIN [A-Z ]*PRIVATE KEY/);
  });

  it('is wanted in secured environments only', () => {
    for (const [index, environment] of environments.entries()) {
      const names = [...texts[index]!.matchAll(/secretName: (\S+)/g)].map(([, name]) => name);
      const wanted = ['accounts', 'kafka-passwords', 'kafka-tls', 'page-tls', 'session-keys'];
      expect(new Set(names)).toEqual(new Set(secured.includes(environment) ? wanted : []));
    }
  });
});

describe('a secured environment', () => {
  it('is prod, and nothing else unless this line says so', () => {
    expect(secured).toEqual(['prod']);
  });

  const of = (environment: string, kind: string, name: string) =>
    manifests[environments.indexOf(environment)]!.find(
      (one) => one.kind === kind && one.metadata.name.replace(/-[a-z0-9]{10}$/, '') === name,
    );

  it.each(secured)('%s gives its services what they are to use', (environment) => {
    expect(of(environment, 'ConfigMap', 'consumer')?.['data']).toMatchObject({
      KAFKA_SSL: 'true',
      KAFKA_SASL_USERNAME: 'consumer',
      TLS_CERT: '/etc/hello/tls/tls.crt',
      ACCOUNTS_FILE: '/etc/hello/accounts/accounts.json',
      SESSION_KEYS_FILE: '/etc/hello/session/keys.json',
      METRICS_PORT: '9090',
      CONNECTIONS_PER_ADDRESS: '500',
      CONNECTIONS_PER_ACCOUNT: '20',
    });
    expect(of(environment, 'ConfigMap', 'producer')?.['data']).toMatchObject({
      KAFKA_SSL: 'true',
      KAFKA_SASL_USERNAME: 'producer',
    });
  });

  it.each(secured)("%s gives neither service Kafka's own key", (environment) => {
    for (const name of ['producer', 'consumer']) {
      const { spec } = pods.find((pod) => pod.name === `hello-${environment}/${name}`)!;
      const volume = spec.volumes?.find((one) => one['name'] === 'kafka');
      expect(volume?.['secret']).toEqual({ secretName: 'kafka-tls', items: [{ key: 'ca.crt', path: 'ca.crt' }] });
    }
  });

  it.each(secured)("%s gives Kafka's rights by what its services have, with Kafka's image", (environment) => {
    const access = of(environment, 'Deployment', 'kafka-access')!;
    const { env, image } = (access['spec'] as { template: { spec: PodSpec } }).template.spec
      .initContainers![0] as Container & {
      env: { name: string; value?: string }[];
    };
    const producer = of(environment, 'ConfigMap', 'producer')!['data'] as Record<string, string>;
    const consumer = of(environment, 'ConfigMap', 'consumer')!['data'] as Record<string, string>;
    const given = Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
    const { TOPIC, TOPIC_PARTITIONS, TOPIC_RETENTION_HOURS, TOPIC_RETENTION_MIB } = producer;
    const retention = { TOPIC_RETENTION_HOURS, TOPIC_RETENTION_MIB };
    expect(given).toEqual({ TOPIC, TOPIC_PARTITIONS, ...retention, TOPICS: consumer['TOPICS'] });
    const images = containers.map(({ container }) => container.image).filter((name) => name.includes('kafka'));
    expect(new Set(images)).toEqual(new Set([image]));
  });

  it.for(secured)(
    '%s has a Kafka that takes nobody without a password or its own certificate',
    (environment, { skip }) => {
      skip(noChart !== undefined, `the chart cannot be pulled: ${noChart}`);
      const { data } = of(environment, 'ConfigMap', 'kafka-controller-configuration') as {
        data?: Record<string, string>;
      };
      expect(data?.['server.properties']?.split('\n')).toEqual(
        expect.arrayContaining([
          'listener.security.protocol.map=CONTROLLER:SSL,CLIENT:SASL_SSL,INTERNAL:SSL',
          'listener.name.client.ssl.client.auth=none',
          'listener.name.controller.ssl.client.auth=required',
          'listener.name.internal.ssl.client.auth=required',
          'sasl.enabled.mechanisms=SCRAM-SHA-512',
          'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
          'allow.everyone.if.no.acl.found=false',
          'super.users=User:CN=kafka',
        ]),
      );
    },
  );
});

describe('a project of Argo CD', () => {
  const kinds = (list: { group: string; kind: string }[] = []) => list.map(({ kind }) => kind).sort();

  it('allows the environments the kinds that they have, and what Argo CD shows beneath', ({ skip }) => {
    skip(noChart !== undefined, `the chart cannot be pulled: ${noChart}`);
    const project = projects.find(({ metadata }) => metadata.name === 'hello')!['spec'] as Record<string, never>;
    const rendered = new Set(everything.map(({ kind }) => kind));
    expect(rendered.delete('Namespace')).toBe(true);
    // What base/autoscaled and base/secured-gateway have, which an environment may list.
    const optional = ['HorizontalPodAutoscaler', 'HTTPRoute', 'TLSRoute'];
    expect(kinds(project['namespaceResourceWhitelist'])).toEqual(
      [...rendered, ...optional, 'Pod', 'ReplicaSet'].sort(),
    );
    expect(kinds(project['clusterResourceWhitelist'])).toEqual(['Namespace']);
    expect(project['destinations']).toEqual([{ server: 'https://kubernetes.default.svc', namespace: 'hello-*' }]);
  });

  it('allows no kind that could land in the namespace of another environment', () => {
    const project = projects.find(({ metadata }) => metadata.name === 'hello')!['spec'] as Record<string, never>;
    const [policy] = parseManifests(readFileSync(join(ROOT, 'clusters/minikube/policies/own-namespace.yaml'), 'utf8'));
    const { matchConstraints } = policy!['spec'] as { matchConstraints: { resourceRules: { resources: string[] }[] } };
    // Of these two it applies none.
    const made = kinds(project['namespaceResourceWhitelist']).filter((kind) => !['Pod', 'ReplicaSet'].includes(kind));
    const plurals = made.map((kind) => `${kind.toLowerCase()}s`.replace(/ys$/, 'ies'));
    expect(matchConstraints.resourceRules.flatMap(({ resources }) => resources).sort()).toEqual(
      ['namespaces', ...plurals].sort(),
    );
  });

  it('allows the root application one kind', () => {
    const project = projects.find(({ metadata }) => metadata.name === 'hello-root')!['spec'] as Record<string, never>;
    expect(kinds(project['namespaceResourceWhitelist'])).toEqual(['ApplicationSet']);
    expect(project['clusterResourceWhitelist'] ?? []).toEqual([]);
    expect(project['destinations']).toEqual([{ server: 'https://kubernetes.default.svc', namespace: 'argocd' }]);
  });

  it('that Argo CD brings along is closed', () => {
    const project = projects.find(({ metadata }) => metadata.name === 'default')!['spec'] as Record<string, never>;
    for (const list of ['sourceRepos', 'destinations', 'clusterResourceWhitelist']) expect(project[list]).toEqual([]);
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
      "ConfigMap/consumer.data.ACCOUNTS_FILE: - | - | /etc/hello/accounts/accounts.json
      ConfigMap/consumer.data.BANNER: Customized with a configmap! | Hello World Dev! | Hello World Prod!
      ConfigMap/consumer.data.CONNECTIONS_PER_ACCOUNT: - | - | 20
      ConfigMap/consumer.data.CONNECTIONS_PER_ADDRESS: - | - | 500
      ConfigMap/consumer.data.ENVIRONMENT: default | dev | prod
      ConfigMap/consumer.data.KAFKA_SASL_USERNAME: - | - | consumer
      ConfigMap/consumer.data.KAFKA_SSL: - | - | true
      ConfigMap/consumer.data.KAFKA_SSL_CA: - | - | /etc/hello/kafka/ca.crt
      ConfigMap/consumer.data.METRICS_PORT: - | - | 9090
      ConfigMap/consumer.data.SESSION_KEYS_FILE: - | - | /etc/hello/session/keys.json
      ConfigMap/consumer.data.TLS_CERT: - | - | /etc/hello/tls/tls.crt
      ConfigMap/consumer.data.TLS_KEY: - | - | /etc/hello/tls/tls.key
      ConfigMap/producer.data.ENVIRONMENT: default | dev | prod
      ConfigMap/producer.data.KAFKA_SASL_USERNAME: - | - | producer
      ConfigMap/producer.data.KAFKA_SSL: - | - | true
      ConfigMap/producer.data.KAFKA_SSL_CA: - | - | /etc/hello/kafka/ca.crt
      ConfigMap/producer.data.TOPIC_REPLICATION: 1 | 1 | 3
      Deployment/consumer.spec.replicas: 1 | 1 | 2
      Deployment/consumer.spec.template.metadata.annotations.prometheus.io/port: 8080 | 8080 | 9090
      Deployment/consumer.spec.template.spec.containers.consumer.env.KAFKA_SASL_PASSWORD.valueFrom.secretKeyRef.key: - | - | consumer
      Deployment/consumer.spec.template.spec.containers.consumer.env.KAFKA_SASL_PASSWORD.valueFrom.secretKeyRef.name: - | - | kafka-passwords
      Deployment/consumer.spec.template.spec.containers.consumer.livenessProbe.httpGet.port: page | page | metrics
      Deployment/consumer.spec.template.spec.containers.consumer.ports.metrics.containerPort: - | - | 9090
      Deployment/consumer.spec.template.spec.containers.consumer.readinessProbe.httpGet.port: page | page | metrics
      Deployment/consumer.spec.template.spec.containers.consumer.startupProbe.httpGet.port: page | page | metrics
      Deployment/consumer.spec.template.spec.containers.consumer.volumeMounts.accounts.mountPath: - | - | /etc/hello/accounts
      Deployment/consumer.spec.template.spec.containers.consumer.volumeMounts.accounts.readOnly: - | - | true
      Deployment/consumer.spec.template.spec.containers.consumer.volumeMounts.kafka.mountPath: - | - | /etc/hello/kafka
      Deployment/consumer.spec.template.spec.containers.consumer.volumeMounts.kafka.readOnly: - | - | true
      Deployment/consumer.spec.template.spec.containers.consumer.volumeMounts.session.mountPath: - | - | /etc/hello/session
      Deployment/consumer.spec.template.spec.containers.consumer.volumeMounts.session.readOnly: - | - | true
      Deployment/consumer.spec.template.spec.containers.consumer.volumeMounts.tls.mountPath: - | - | /etc/hello/tls
      Deployment/consumer.spec.template.spec.containers.consumer.volumeMounts.tls.readOnly: - | - | true
      Deployment/consumer.spec.template.spec.topologySpreadConstraints.0.labelSelector.matchLabels.app.kubernetes.io/name: - | - | consumer
      Deployment/consumer.spec.template.spec.topologySpreadConstraints.0.maxSkew: - | - | 1
      Deployment/consumer.spec.template.spec.topologySpreadConstraints.0.topologyKey: - | - | kubernetes.io/hostname
      Deployment/consumer.spec.template.spec.topologySpreadConstraints.0.whenUnsatisfiable: - | - | ScheduleAnyway
      Deployment/consumer.spec.template.spec.volumes.accounts.secret.secretName: - | - | accounts
      Deployment/consumer.spec.template.spec.volumes.kafka.secret.items.0.key: - | - | ca.crt
      Deployment/consumer.spec.template.spec.volumes.kafka.secret.items.0.path: - | - | ca.crt
      Deployment/consumer.spec.template.spec.volumes.kafka.secret.secretName: - | - | kafka-tls
      Deployment/consumer.spec.template.spec.volumes.session.secret.secretName: - | - | session-keys
      Deployment/consumer.spec.template.spec.volumes.tls.secret.secretName: - | - | page-tls
      Deployment/producer.spec.template.spec.containers.producer.env.KAFKA_SASL_PASSWORD.valueFrom.secretKeyRef.key: - | - | producer
      Deployment/producer.spec.template.spec.containers.producer.env.KAFKA_SASL_PASSWORD.valueFrom.secretKeyRef.name: - | - | kafka-passwords
      Deployment/producer.spec.template.spec.containers.producer.volumeMounts.kafka.mountPath: - | - | /etc/hello/kafka
      Deployment/producer.spec.template.spec.containers.producer.volumeMounts.kafka.readOnly: - | - | true
      Deployment/producer.spec.template.spec.volumes.kafka.secret.items.0.key: - | - | ca.crt
      Deployment/producer.spec.template.spec.volumes.kafka.secret.items.0.path: - | - | ca.crt
      Deployment/producer.spec.template.spec.volumes.kafka.secret.secretName: - | - | kafka-tls
      PodDisruptionBudget/consumer: - | - | there
      Service/consumer.spec.ports.http.nodePort: 30001 | 30002 | -
      Service/consumer.spec.ports.https.nodePort: - | - | 30003
      Service/consumer.spec.ports.https.port: - | - | 443
      Service/consumer.spec.ports.https.targetPort: - | - | page"
    `);
  });

  it('are these in Kafka', ({ skip }) => {
    skip(noChart !== undefined, `the chart cannot be pulled: ${noChart}`);
    expect(differences(without(true)).join('\n')).toMatchInlineSnapshot(`
      "ConfigMap/kafka-access: - | - | there
      ConfigMap/kafka-controller-configuration.data.server.properties.allow.everyone.if.no.acl.found: - | - | false
      ConfigMap/kafka-controller-configuration.data.server.properties.authorizer.class.name: - | - | org.apache.kafka.metadata.authorizer.StandardAuthorizer
      ConfigMap/kafka-controller-configuration.data.server.properties.controller.quorum.bootstrap.servers: kafka-controller-0.kafka-controller-headless.hello-X.svc.cluster.local:9093 | kafka-controller-0.kafka-controller-headless.hello-X.svc.cluster.local:9093 | kafka-controller-0.kafka-controller-headless.hello-X.svc.cluster.local:9093,kafka-controller-1.kafka-controller-headless.hello-X.svc.cluster.local:9093,kafka-controller-2.kafka-controller-headless.hello-X.svc.cluster.local:9093
      ConfigMap/kafka-controller-configuration.data.server.properties.default.replication.factor: 1 | 1 | 3
      ConfigMap/kafka-controller-configuration.data.server.properties.listener.name.client.scram-sha-512.sasl.jaas.config: - | - | org.apache.kafka.common.security.scram.ScramLoginModule required;
      ConfigMap/kafka-controller-configuration.data.server.properties.listener.name.client.ssl.client.auth: - | - | none
      ConfigMap/kafka-controller-configuration.data.server.properties.listener.name.controller.ssl.client.auth: - | - | required
      ConfigMap/kafka-controller-configuration.data.server.properties.listener.name.internal.ssl.client.auth: - | - | required
      ConfigMap/kafka-controller-configuration.data.server.properties.listener.security.protocol.map: CONTROLLER:PLAINTEXT,CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT | CONTROLLER:PLAINTEXT,CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT | CONTROLLER:SSL,CLIENT:SASL_SSL,INTERNAL:SSL
      ConfigMap/kafka-controller-configuration.data.server.properties.min.insync.replicas: 1 | 1 | 2
      ConfigMap/kafka-controller-configuration.data.server.properties.offsets.topic.replication.factor: 1 | 1 | 3
      ConfigMap/kafka-controller-configuration.data.server.properties.sasl.enabled.mechanisms: - | - | SCRAM-SHA-512
      ConfigMap/kafka-controller-configuration.data.server.properties.ssl.client.auth: - | - | required
      ConfigMap/kafka-controller-configuration.data.server.properties.ssl.endpoint.identification.algorithm: - | - | https
      ConfigMap/kafka-controller-configuration.data.server.properties.ssl.keystore.location: - | - | /opt/bitnami/kafka/config/certs/kafka.keystore.jks
      ConfigMap/kafka-controller-configuration.data.server.properties.ssl.keystore.type: - | - | JKS
      ConfigMap/kafka-controller-configuration.data.server.properties.ssl.truststore.location: - | - | /opt/bitnami/kafka/config/certs/kafka.truststore.jks
      ConfigMap/kafka-controller-configuration.data.server.properties.ssl.truststore.type: - | - | JKS
      ConfigMap/kafka-controller-configuration.data.server.properties.super.users: - | - | User:CN=kafka
      ConfigMap/kafka-controller-configuration.data.server.properties.transaction.state.log.min.isr: 1 | 1 | 2
      ConfigMap/kafka-controller-configuration.data.server.properties.transaction.state.log.replication.factor: 1 | 1 | 3
      Deployment/kafka-access: - | - | there
      NetworkPolicy/kafka-access-to-kafka: - | - | there
      NetworkPolicy/kafka-from-kafka-access: - | - | there
      PodDisruptionBudget/kafka-controller: - | - | there
      StatefulSet/kafka-controller.spec.replicas: 1 | 1 | 3
      StatefulSet/kafka-controller.spec.template.spec.containers.kafka.env.KAFKA_CLIENT_PASSWORDS_FILE.value: - | - | /opt/bitnami/kafka/config/secrets/client-passwords
      StatefulSet/kafka-controller.spec.template.spec.containers.kafka.env.KAFKA_CLIENT_USERS.value: - | - | producer,consumer
      StatefulSet/kafka-controller.spec.template.spec.containers.kafka.env.KAFKA_KRAFT_BOOTSTRAP_SCRAM_USERS.value: - | - | true
      StatefulSet/kafka-controller.spec.template.spec.containers.kafka.volumeMounts.kafka-sasl.mountPath: - | - | /opt/bitnami/kafka/config/secrets
      StatefulSet/kafka-controller.spec.template.spec.containers.kafka.volumeMounts.kafka-sasl.readOnly: - | - | true
      StatefulSet/kafka-controller.spec.template.spec.containers.kafka.volumeMounts.kafka-shared-certs.mountPath: - | - | /opt/bitnami/kafka/config/certs
      StatefulSet/kafka-controller.spec.template.spec.containers.kafka.volumeMounts.kafka-shared-certs.readOnly: - | - | true
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.args.1: a text, 9a93e75d | a text, 9a93e75d | a text, c5b10ec7
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.env.KAFKA_CLIENT_PASSWORDS_FILE.value: - | - | /opt/bitnami/kafka/config/secrets/client-passwords
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.env.KAFKA_CLIENT_USERS.value: - | - | producer,consumer
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.env.KAFKA_CONTROLLER_1_DIR_ID.valueFrom.secretKeyRef.key: - | - | controller-1-id
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.env.KAFKA_CONTROLLER_1_DIR_ID.valueFrom.secretKeyRef.name: - | - | kafka-kraft
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.env.KAFKA_CONTROLLER_2_DIR_ID.valueFrom.secretKeyRef.key: - | - | controller-2-id
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.env.KAFKA_CONTROLLER_2_DIR_ID.valueFrom.secretKeyRef.name: - | - | kafka-kraft
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.env.KAFKA_TLS_KEYSTORE_PASSWORD.valueFrom.secretKeyRef.key: - | - | keystore-password
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.env.KAFKA_TLS_KEYSTORE_PASSWORD.valueFrom.secretKeyRef.name: - | - | kafka-tls
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.env.KAFKA_TLS_TRUSTSTORE_PASSWORD.valueFrom.secretKeyRef.key: - | - | truststore-password
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.env.KAFKA_TLS_TRUSTSTORE_PASSWORD.valueFrom.secretKeyRef.name: - | - | kafka-tls
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.env.KAFKA_TLS_TYPE.value: - | - | PEM
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.resources.limits.memory: 128Mi | 128Mi | 256Mi
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.volumeMounts.kafka-certs.mountPath: - | - | /mounted-certs
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.volumeMounts.kafka-certs.readOnly: - | - | true
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.volumeMounts.kafka-sasl.mountPath: - | - | /opt/bitnami/kafka/config/secrets
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.volumeMounts.kafka-sasl.readOnly: - | - | true
      StatefulSet/kafka-controller.spec.template.spec.initContainers.prepare-config.volumeMounts.kafka-shared-certs.mountPath: - | - | /certs
      StatefulSet/kafka-controller.spec.template.spec.volumes.kafka-certs.projected.defaultMode: - | - | 256
      StatefulSet/kafka-controller.spec.template.spec.volumes.kafka-certs.projected.sources.0.secret.name: - | - | kafka-tls
      StatefulSet/kafka-controller.spec.template.spec.volumes.kafka-sasl.projected.sources.0.secret.name: - | - | kafka-passwords"
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

  it('is asked by no program that is started to ask: that would take as much as its idle nodes', ({ skip }) => {
    skip(noChart !== undefined, `the chart cannot be pulled: ${noChart}`);
    expect(JSON.stringify(pods)).toContain('"readinessProbe":{');
    expect(JSON.stringify(pods)).not.toMatch(/Probe":\{[^{}]*"exec"/);
  });
});
