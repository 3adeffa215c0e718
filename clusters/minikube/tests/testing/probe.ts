import { kubectl, kubectlWith } from './cluster.ts';

/** What is tried from a pod: a name and a port. */
export type Target = `${string}:${number}`;

/** Tries to connect, all at once, after the network has heard of the pod. Prints the targets that answer. */
const CONNECT = `
  const net = require('node:net');
  const attempt = (target) => new Promise((resolve) => {
    const [host, port] = target.split(':');
    const socket = net.connect({ host, port, timeout: 3000 });
    const end = (answers) => { socket.destroy(); resolve(answers); };
    socket.on('connect', () => end(true)).on('timeout', () => end(false)).on('error', () => end(false));
  });
  setTimeout(async () => {
    const targets = process.env.INPUT.split(' ');
    const answers = await Promise.all(targets.map(attempt));
    console.log(JSON.stringify(targets.filter((_, index) => answers[index])));
    // Where no DNS may be asked, names are looked up for minutes.
    process.exit();
  }, 3000);
`;

/** Does something with Kafka as somebody who may read would, and prints what came of each. */
const KAFKA = `
  const { brokers, user, password } = JSON.parse(process.env.INPUT);
  const { Kafka, logLevel } = require('kafkajs');
  const { readFileSync } = require('node:fs');
  const tls = { ca: readFileSync('/etc/hello/kafka/ca.crt') };
  const as = (username, password) => ({ mechanism: 'scram-sha-512', username, password });
  const client = (options) => new Kafka({
    brokers, logLevel: logLevel.NOTHING, connectionTimeout: 3000, requestTimeout: 5000, retry: { retries: 1 }, ...options,
  });
  const outcome = (promise) => promise.then(() => 'done', (error) => error.type ?? error.cause?.type ?? error.name);
  const list = async (options) => {
    const admin = client(options).admin();
    try { await admin.connect(); return await admin.fetchTopicOffsets('hello-world'); } finally { await admin.disconnect(); }
  };
  const write = async (options) => {
    const producer = client(options).producer({ allowAutoTopicCreation: false });
    try { await producer.connect(); await producer.send({ topic: 'hello-world', messages: [{ value: 'forged' }] }); } finally { await producer.disconnect(); }
  };
  const make = async (options) => {
    const admin = client(options).admin();
    try { await admin.connect(); await admin.createTopics({ topics: [{ topic: 'mine' }] }); } finally { await admin.disconnect(); }
  };
  const mine = { ssl: tls, sasl: as(user, password) };
  setTimeout(async () => console.log(JSON.stringify({
    plain: await outcome(list({})),
    anonymous: await outcome(list({ ssl: tls })),
    'wrong password': await outcome(list({ ssl: tls, sasl: as(user, 'wrong') })),
    'unknown authority': await outcome(list({ ssl: true, sasl: as(user, password) })),
    read: await outcome(list(mine)),
    write: await outcome(write(mine)),
    'make a topic': await outcome(make(mine)),
  })), 3000);
`;

interface Place {
  namespace: string;
  /** What the pod is called by its label, by which policies judge it. */
  role: string;
  volumes?: { name: string }[];
}

/** Runs a script of Node's in a pod of the application's image. @returns what it printed, as JSON. */
const run = async (script: string, input: string, { namespace, role, volumes = [] }: Place): Promise<unknown> => {
  const image = await kubectl(
    ...['-n', 'hello-prod', 'get', 'deployment', 'consumer'],
    ...['-o', 'jsonpath={.spec.template.spec.containers[0].image}'],
  );
  const name = `probe-${crypto.randomUUID().slice(0, 8)}`;
  const container = {
    name,
    image,
    imagePullPolicy: 'Never',
    args: ['--no-warnings', '-e', script],
    env: [{ name: 'INPUT', value: input }],
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: volumes.map((volume) => ({ name: volume.name, mountPath: `/etc/hello/${volume.name}` })),
  };
  const spec = {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container],
    volumes,
  };
  const metadata = { name, namespace, labels: { 'app.kubernetes.io/name': role } };
  try {
    await kubectlWith(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec }), 'create', '-f', '-');
    await kubectl('-n', namespace, 'wait', `pod/${name}`, '--for=jsonpath={.status.phase}=Succeeded', '--timeout=90s');
    return JSON.parse(await kubectl('-n', namespace, 'logs', name)) as unknown;
  } finally {
    await kubectl('-n', namespace, 'delete', 'pod', name, '--now', '--wait=false');
  }
};

/** Which of the targets a pod of that role can connect to. */
export const reachable = async (namespace: string, role: string, targets: Target[]): Promise<Target[]> =>
  (await run(CONNECT, targets.join(' '), { namespace, role })) as Target[];

/** Whom Kafka is asked as, and from where. */
interface Asker {
  namespace: string;
  brokers: string[];
  user: string;
  password: string;
  /** The Secret with the authority to trust. */
  secretName: string;
}

/** What Kafka lets a consumer do, and others in its place. */
export const askKafkaAs = async ({ namespace, secretName, ...input }: Asker): Promise<Record<string, string>> => {
  const authority = { name: 'kafka', secret: { secretName, items: [{ key: 'ca.crt', path: 'ca.crt' }] } };
  const place = { namespace, role: 'consumer', volumes: [authority] };
  return (await run(KAFKA, JSON.stringify(input), place)) as Record<string, string>;
};

/** The same of prod's own consumer, with that password. */
export const askKafka = (password: string): Promise<Record<string, string>> =>
  askKafkaAs({ namespace: 'hello-prod', brokers: ['kafka:9092'], user: 'consumer', password, secretName: 'kafka-tls' });
