import { expect, it } from 'vitest';
import { kubectl, secret } from '../testing/cluster.ts';
import { askKafka, reachable, type Target } from '../testing/probe.ts';
import type { Story } from '../testing/story.ts';

const PAGE = 'consumer.hello-prod.svc.cluster.local:443';
const METRICS: Target = 'CONSUMER:9090';
const PRODUCER = 'producer.hello-prod.svc.cluster.local:80';
const KAFKA = 'kafka.hello-prod.svc.cluster.local:9092';
const NODE = 'kafka-controller-0.kafka-controller-headless.hello-prod.svc.cluster.local';
const CONTROLLER: Target = `${NODE}:9093`;
const INTERBROKER: Target = `${NODE}:9094`;
const OTHER_KAFKA = 'kafka.hello-dev.svc.cluster.local:9092';
const OTHER_PAGE = 'consumer.hello-dev.svc.cluster.local:80';
const GIT = 'git.argocd.svc.cluster.local:9418';
const REPO_SERVER = 'argocd-repo-server.argocd.svc.cluster.local:8081';
const ARGOCD = 'argocd-server.argocd.svc.cluster.local:80';
const DOOR = 'door.door.svc.cluster.local:80';
const PROMETHEUS = 'prometheus.observe.svc.cluster.local:80';
const DOOR_METRICS: Target = 'DOOR:9113';
const ARGOCD_METRICS = 'argocd-metrics.argocd.svc.cluster.local:8082';
const REDIS = 'argocd-redis.argocd.svc.cluster.local:6379';

const ALL: Target[] = [
  ...[PAGE, METRICS, PRODUCER, KAFKA, CONTROLLER, INTERBROKER],
  ...[OTHER_KAFKA, OTHER_PAGE, GIT, REPO_SERVER, REDIS, ARGOCD, DOOR],
  ...[PROMETHEUS, DOOR_METRICS, ARGOCD_METRICS],
] as Target[];

const STRANGER = 'stranger';

/** Whom a pod reaches, by where it is and what it is. Everything that is not listed is refused. */
const FLOWS: [namespace: string, role: string, targets: string[]][] = [
  // Argo CD's own policies let everyone in the cluster come to its metrics.
  [STRANGER, 'anything', [PAGE, OTHER_PAGE, ARGOCD, ARGOCD_METRICS, DOOR]],
  [STRANGER, 'consumer', [PAGE, OTHER_PAGE, ARGOCD, ARGOCD_METRICS, DOOR]],
  ['door', 'door', [PAGE, OTHER_PAGE, ARGOCD, PROMETHEUS]],
  ['door', 'anything', []],
  ['observe', 'prometheus', [PAGE, OTHER_PAGE, METRICS, PRODUCER, DOOR_METRICS, ARGOCD_METRICS]],
  ['observe', 'anything', []],
  ['hello-prod', 'anything', []],
  ['hello-prod', 'producer', [KAFKA]],
  ['hello-prod', 'consumer', [KAFKA]],
  ['hello-prod', 'kafka', [KAFKA, CONTROLLER, INTERBROKER]],
  ['hello-prod', 'kafka-access', [INTERBROKER]],
];

/** The address of a pod, by what it is. */
const addressOf = (namespace: string, role: string): Promise<string> =>
  kubectl(
    ...['-n', namespace, 'get', 'pods', '-l', `app.kubernetes.io/name=${role}`],
    ...['-o', 'jsonpath={.items[0].status.podIP}'],
  );

/** Who reaches whom in the cluster, tried from pods. */
export const network = (_story: Story): void => {
  it('lets pods reach whom they need, and nobody else', async ({ skip, annotate }) => {
    const [consumer, doorPod] = await Promise.all([addressOf('hello-prod', 'consumer'), addressOf('door', 'door')]);
    const placed = (target: string) => target.replace('CONSUMER', consumer).replace('DOOR', doorPod) as Target;
    const targets = ALL.map(placed);
    await kubectl('create', 'namespace', STRANGER);
    try {
      const answers = await Promise.all(FLOWS.map(([namespace, role]) => reachable(namespace, role, targets)));
      if (answers[0]!.includes(KAFKA))
        skip("this cluster's network does not enforce policies, so it could not be checked who reaches whom");
      for (const [index, [namespace, role, allowed]] of FLOWS.entries())
        expect([namespace, role, ...answers[index]!.toSorted()]).toEqual([
          namespace,
          role,
          ...allowed.map(placed).toSorted(),
        ]);
      await annotate(`${FLOWS.length} pods tried ${targets.length} targets each`);
    } finally {
      await kubectl('delete', 'namespace', STRANGER, '--wait=false');
    }
  });

  it("takes nobody to prod's Kafka without the password, and nobody farther than he may", async () => {
    expect(await askKafka(await secret('hello-prod', 'kafka-passwords', 'consumer'))).toEqual({
      plain: expect.stringMatching(/^KafkaJS/),
      anonymous: expect.stringMatching(/^KafkaJS|ILLEGAL_SASL_STATE/),
      'wrong password': expect.stringMatching(/SASL/),
      'unknown authority': expect.stringMatching(/^KafkaJS/),
      read: 'done',
      write: 'TOPIC_AUTHORIZATION_FAILED',
      'make a topic': expect.stringMatching(/AUTHORIZATION_FAILED|KafkaJS/),
    });
  });
};
