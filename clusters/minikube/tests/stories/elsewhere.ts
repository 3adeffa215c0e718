import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Client } from '../../../../apps/consumer/testing/client.ts';
import { Visitor } from '../../../../apps/consumer/testing/visitor.ts';
import { kubectl, newest, secret, until } from '../testing/cluster.ts';
import { documentedFolder, withReaders } from '../testing/documented.ts';
import { OutsideKafka } from '../testing/outside-kafka.ts';
import { askKafkaAs, reachable, type Target } from '../testing/probe.ts';
import { since, type Story, timed } from '../testing/story.ts';

const environments = 'clusters/minikube/scripts/commands/environment';
const sync = 'clusters/minikube/scripts/commands/sync';
const LIVE = '#pill[data-state=live]';
const OUTSIDE = 'http://elsewhere.localhost:8000';
const AUDIT = 'http://audit.localhost:8000';
const DEV_KAFKA: Target = 'kafka.hello-dev.svc.cluster.local:9092';
const PASSWORD = crypto.randomUUID();
/** What stands in docs/external-kafka.md for the brokers of who reads it. */
const BROKERS = '192.0.2.10:9093,192.0.2.11:9093';

const missing = ['java', 'mvn'].find((program) => spawnSync(program, ['-version']).error);
const isLinux = process.platform === 'linux';
/** Why there can be no Kafka on this machine that the cluster reaches. */
const why = isLinux
  ? missing && `: there is no ${missing}`
  : ': only Linux has an address in the network of the cluster';

/** The folder that docs/external-kafka.md shows, made as it says. */
const makeFolder = async ({ clone }: Story, name: string, kafka?: OutsideKafka): Promise<void> => {
  await clone.run(environments, 'add', name, '--from', 'dev');
  await clone.git('rm', '--quiet', `overlays/${name}/kafka.yaml`);
  for (const [file, text] of Object.entries(await documentedFolder(name))) {
    const own = text
      .replace(BROKERS, `${kafka?.host}:${kafka?.port}`)
      .replace('192.0.2.10/31', `${kafka?.host}/32`)
      .replace('port: 9093', `port: ${kafka?.port}`);
    await writeFile(join(clone.folder, file), own);
  }
};

/** Environments without a Kafka of their own come up: one stays until after prod's rotation. */
export const elsewhere = (story: Story): void => {
  let starting: Promise<OutsideKafka> | undefined;
  afterAll(async () => (await starting)?.remove());

  it("reads prod's topic by an account that was made for it, and may do nothing else", async () => {
    const { clone } = story;
    // It takes some seconds, while this one comes up.
    if (!why) starting = OutsideKafka.start(19_690);
    starting?.catch(() => undefined);
    await makeFolder(story, 'audit');
    const kustomization = join(clone.folder, 'overlays/prod/kustomization.yaml');
    await writeFile(kustomization, withReaders(await readFile(kustomization, 'utf8')));
    for (const [file, text] of Object.entries(await documentedFolder('prod')))
      await writeFile(join(clone.folder, file), text);
    await clone.commit('Let audit read prod');
    await timed(story, "npm run sync of an environment that reads prod's topic", () => clone.run(sync));

    const visitor = new Visitor(AUDIT);
    await until('prod’s messages in audit', 30, async () => (await newest(visitor)).environment === 'prod');
    const password = await secret('hello-prod', 'kafka-readers', 'audit');
    const brokers = 'kafka.hello-prod.svc.cluster.local:9092';
    const asker = { namespace: 'hello-audit', user: 'audit', password, secretName: 'external-kafka' };
    const targets: Target[] = [brokers, DEV_KAFKA, 'consumer.hello-prod.svc.cluster.local:443'];
    const [rights, ofConsumer, ofProducer] = await Promise.all([
      askKafkaAs({ ...asker, brokers: [brokers] }),
      reachable('hello-audit', 'consumer', targets),
      reachable('hello-audit', 'producer', targets),
    ]);
    expect(rights).toMatchObject({
      read: 'done',
      write: 'TOPIC_AUTHORIZATION_FAILED',
      'make a topic': expect.stringMatching(/AUTHORIZATION_FAILED|KafkaJS/) as string,
      'wrong password': expect.stringMatching(/SASL/) as string,
    });
    expect(ofConsumer).toEqual([brokers]);
    expect(ofProducer).toEqual([]);
  });

  it.skipIf(why)(
    `shows the topic of a Kafka outside of the cluster, and reaches nothing else${why ?? ''}`,
    async () => {
      const { clone, figures } = story;
      const kafka = (await starting)!;
      const brokers: Target = `${kafka.host}:${kafka.port}`;
      await kafka.addUser('elsewhere', PASSWORD, ['READ', 'DESCRIBE', 'WRITE', 'CREATE']);
      await makeFolder(story, 'elsewhere', kafka);
      await kubectl('create', 'namespace', 'hello-elsewhere');
      await kubectl(
        ...['-n', 'hello-elsewhere', 'create', 'secret', 'generic', 'external-kafka'],
        ...[`--from-file=ca.crt=${kafka.caFile}`, '--from-literal=username=elsewhere'],
        `--from-literal=password=${PASSWORD}`,
      );
      const began = performance.now();
      await clone.push('Have a Kafka outside of the cluster');
      await until('its name', 60, async () => (await fetch(OUTSIDE)).status !== 404);
      const { page } = await story.open(OUTSIDE);
      await page.locator(LIVE).waitFor({ timeout: 120_000 });
      figures['a folder whose Kafka is elsewhere pushed -> live at its name'] = since(began);

      // Something else on this machine, at the same address.
      const other = createServer();
      other.listen(0, kafka.host);
      await once(other, 'listening');
      const neighbour: Target = `${kafka.host}:${(other.address() as AddressInfo).port}`;
      const targets: Target[] = [brokers, neighbour, DEV_KAFKA, 'argocd-server.argocd.svc.cluster.local:80'];
      const client = new Client(OUTSIDE);
      const [ofConsumer, ofProducer] = await Promise.all([
        reachable('hello-elsewhere', 'consumer', targets),
        reachable('hello-elsewhere', 'producer', targets),
        client.until(({ messages }) => messages.length >= 2),
      ]);
      other.close();
      expect(ofConsumer).toEqual([brokers]);
      expect(ofProducer).toEqual([brokers]);
      expect(client.messages.filter(({ environment }) => environment !== 'elsewhere')).toEqual([]);

      expect(await clone.run(environments, 'remove', 'elsewhere', '--yes')).toContain('they stay where its Kafka is');
      await kafka.remove();
    },
  );
};

/** What reads prod's topic goes on after prod's rotation, and is removed. */
export const elsewhereAfterRotation = (story: Story): void => {
  it("reads prod's topic by the new password, until it is removed", async () => {
    const { clone } = story;
    const visitor = new Visitor(AUDIT);
    const { offset } = await newest(visitor);
    await until('another message of prod', 30, async () => (await newest(visitor)).offset > offset);
    expect(await secret('hello-audit', 'external-kafka', 'password')).toBe(
      await secret('hello-prod', 'kafka-readers', 'audit'),
    );
    const before = await clone.git('log', '--format=%H^', '--grep', 'Let audit read prod', '-1');
    await clone.git('checkout', '--quiet', before, '--', 'overlays/prod');
    for (const file of ['readers.env', 'readers.yaml']) await rm(join(clone.folder, 'overlays/prod', file));
    await clone.commit('Let nobody else read prod');
    const password = await secret('hello-prod', 'kafka-readers', 'audit');
    await clone.run(environments, 'remove', 'audit', '--yes');
    const own = { namespace: 'hello-prod', brokers: ['kafka:9092'], user: 'audit', password, secretName: 'kafka-tls' };
    await until('the end of its account', 120, async () => (await askKafkaAs(own)).read?.includes('SASL'));
  });
};
