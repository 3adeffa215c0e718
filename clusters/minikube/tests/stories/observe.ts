import { expect, it } from 'vitest';
import { createCertificate } from '../../../../apps/service/testing/certificate.ts';
import { kubectl, until } from '../testing/cluster.ts';
import { type Story, timed } from '../testing/story.ts';

const PROMETHEUS = 'http://prometheus.localhost:8000';
const RULES = 'clusters/minikube/observe/alerts.yaml';
const environments = 'clusters/minikube/scripts/commands/environment';
/** The environment that stories/door.ts has made, for which no other story looks from then on. */
const NAMESPACE = 'hello-copied';
/** A Kafka that gives each client a byte a second. */
const SLOW = 'consumer_byte_rate';
const DROPPED = 'BroadcastsDropped';
/** What comes of the faults that are made in it, sooner or later. */
const EXPECTED = ['ApplicationNotSynced', DROPPED, 'BroadcastsHeld', 'NoBroadcasts'];
/** A consumer that gets next to nothing is never ready, or has been and falls behind: by what its first answer had. */
const OF_CONSUMER = ['ConsumerNotReady', 'LagGrows'];

interface Alert {
  labels: { alertname: string; namespace: string };
  state: string;
}
interface Target {
  labels: { job: string; namespace: string };
  health: string;
}

const ask = async <T>(what: string): Promise<T> => {
  const answer = await fetch(`${PROMETHEUS}/api/v1/${what}`);
  return ((await answer.json()) as { data: T }).data;
};

/** What fires in a namespace, each name once. */
const firing = async (namespace: string): Promise<string[]> => {
  const { alerts } = await ask<{ alerts: Alert[] }>('alerts');
  const own = alerts.filter(({ state, labels }) => state === 'firing' && labels.namespace === namespace);
  return [...new Set(own.map(({ labels }) => labels.alertname))].toSorted();
};

/** Who is scraped, and answers: lines of namespace and job, each once. */
const scraped = async (): Promise<string[]> => {
  const { activeTargets } = await ask<{ activeTargets: Target[] }>('targets');
  const up = activeTargets.filter(({ health }) => health === 'up');
  return [...new Set(up.map(({ labels }) => `${labels.namespace} ${labels.job}`))].toSorted();
};

const inFaulty = (...args: string[]) => kubectl('-n', NAMESPACE, ...args);
const inKafka = (line: string) =>
  inFaulty(
    ...['exec', 'kafka-controller-0', '-c', 'kafka', '--', 'bash', '-c'],
    `set -e; cd /opt/bitnami/kafka/bin; export KAFKA_HEAP_OPTS=-Xmx64m; ${line}`,
  );
const changeClients = (change: string) =>
  inKafka(
    `./kafka-configs.sh --bootstrap-server localhost:9092 --alter --entity-type clients --entity-default ${change}`,
  );

/** Gives prod's page a certificate and its key, as a Secret has them. */
const giveCertificate = async (data: Record<string, string>): Promise<void> => {
  await kubectl('-n', 'hello-prod', 'patch', 'secret', 'page-tls', '--type=merge', '-p', JSON.stringify({ data }));
  // So that the kubelet looks at once.
  const seen = `hello-world/seen=${crypto.randomUUID()}`;
  await kubectl('-n', 'hello-prod', 'annotate', 'pods', '-l', 'app.kubernetes.io/name=consumer', '--overwrite', seen);
};
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Prometheus comes to a cluster that runs, and faults are made for it to find while other stories go on. */
export const observe = (story: Story): void => {
  it('adds Prometheus, which finds by itself what there is', async () => {
    const { clone } = story;
    expect((await fetch(PROMETHEUS)).status).toBe(404);
    expect(await (await fetch(PROMETHEUS)).text()).toContain('./bootstrap.sh --observe');
    // Five minutes are too long for this story. The rule as it is has its own test, observe/alerts.test.yaml.
    await clone.edit(RULES, 'for: 5m', 'for: 1m');
    const printed = await timed(story, 'up, with Prometheus added', () => clone.run('bootstrap.sh', '--observe'));
    await clone.git('checkout', '--quiet', RULES);
    expect(printed).toMatch(/Prometheus +http:\/\/prometheus\.localhost:8000 {3}no alert fires/);
    const namespaces = ['default', 'dev', 'prod', 'copied'].map((name) => `hello-${name}`);
    const all = [
      ...namespaces.flatMap((name) => [`${name} consumer`, `${name} producer`]),
      'argocd argocd',
      'door door',
    ];
    await until('all that is to be scraped', 30, async () => {
      const up = await scraped();
      return all.every((one) => up.includes(one));
    });
  });

  it('lets nobody end it, change it, write to it or delete from it', async () => {
    for (const path of ['/-/quit', '/-/reload', '/api/v1/write', '/api/v1/admin/tsdb/delete_series?match[]=up'])
      expect([path, (await fetch(PROMETHEUS + path, { method: 'POST' })).status]).toEqual([
        path,
        expect.toSatisfy((status: number) => status >= 400),
      ]);
    expect((await fetch(`${PROMETHEUS}/-/ready`)).status).toBe(200);
  });

  it('has faults to find in an environment of their own', async () => {
    // Of a producer that has never been seen to broadcast, none is missed for five minutes.
    await until('a broadcast seen', 30, async () => {
      const query = encodeURIComponent(`broadcasts_appended_total{namespace="${NAMESPACE}"} > 0`);
      return (await ask<{ result: unknown[] }>(`query?query=${query}`)).result.length > 0;
    });
    // A consumer that reads its topic from the beginning, and gets next to nothing, while others go on writing.
    await changeClients(`--add-config ${SLOW}=1`);
    await inFaulty('delete', 'pod', '-l', 'app.kubernetes.io/name=consumer', '--wait=false');
    const lines = 'for second in {1..300}; do echo $second; sleep 1; done';
    const writer = './kafka-console-producer.sh --bootstrap-server localhost:9092 --topic hello-world';
    await inKafka(`{ (${lines}) | ${writer}; } </dev/null >/dev/null 2>&1 &`);
    // A producer that does not reach Kafka, since a policy is gone that Argo CD may not bring back.
    await inFaulty('create', 'quota', 'nothing', '--hard=count/networkpolicies.networking.k8s.io=0');
    await inFaulty('delete', 'networkpolicy', 'producer-to-kafka');
    await inFaulty('delete', 'pod', '-l', 'app.kubernetes.io/name=producer', '--wait=false');
  });
};

/** What was made there has been found by then, and ends when it is mended. */
export const alerts = (story: Story): void => {
  it('has an alert for each fault, which the status shows, and the end of each', async () => {
    const { clone } = story;
    const { data } = JSON.parse(await kubectl('-n', 'hello-prod', 'get', 'secret', 'page-tls', '-o', 'json')) as {
      data: Record<string, string>;
    };
    const { cert, key } = createCertificate(10);
    await giveCertificate({ 'tls.crt': base64(cert), 'tls.key': base64(key) });
    const seen = new Set<string>();
    try {
      await until('an alert for each fault', 180, async () => {
        for (const name of [...(await firing(NAMESPACE)), ...(await firing('hello-prod'))]) seen.add(name);
        return (
          [...EXPECTED, 'CertificateEnds'].every((name) => seen.has(name)) && OF_CONSUMER.some((name) => seen.has(name))
        );
      }).catch((error: Error) => {
        throw new Error(`${error.message}: there are ${[...seen].join()}`);
      });
    } finally {
      await giveCertificate(data);
    }
    const fires = await firing(NAMESPACE);
    const status = await clone.run('bootstrap.sh', 'status');
    expect(fires).toEqual(expect.arrayContaining([DROPPED, 'NoBroadcasts']));
    for (const name of fires) expect(status).toMatch(new RegExp(`^copied +${name} +since \\d{4}-.* UTC  .+`, 'm'));

    await inFaulty('delete', 'quota', 'nothing');
    await changeClients(`--delete-config ${SLOW}`);
    await kubectl(
      '-n',
      'argocd',
      'annotate',
      '--overwrite',
      'application',
      NAMESPACE,
      'argocd.argoproj.io/refresh=normal',
    );
    // What was lost is told of for five minutes: its end is looked for later.
    await until('the end of each alert', 120, async () => {
      const [left, ofProd] = await Promise.all([firing(NAMESPACE), firing('hello-prod')]);
      return left.every((name) => name === DROPPED) && !ofProd.includes('CertificateEnds');
    });
    await clone.run(environments, 'remove', 'copied', '--yes');
    await until('its name is nobody’s', 30, async () => (await fetch('http://copied.localhost:8000')).status === 404);
  });
};

/** Minutes later. */
export const noAlerts = (_story: Story): void => {
  it('tells no more of what was lost, nor of an environment that is gone', async () => {
    await until('no alert of copied', 300, async () => (await firing(NAMESPACE)).length === 0);
    expect(await scraped()).not.toContain(`${NAMESPACE} consumer`);
  });
};
