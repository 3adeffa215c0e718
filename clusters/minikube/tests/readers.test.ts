import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { kubectl } from './testing/kubectl.ts';
import { Objects } from './testing/objects.ts';
import { Sandbox } from './testing/sandbox.ts';

describe.skipIf(kubectl === undefined)("the accounts of who else reads a secured Kafka's topics", () => {
  let sandbox: Sandbox;
  let cluster: Objects;
  const home = (name: string) => join(sandbox.folder, '..', name);
  const write = (file: string, text: string) => writeFile(join(sandbox.folder, 'overlays', file), text);
  const make = () => sandbox.shell('make_secrets $(environments)');
  const password = (reader: string) => cluster.value('hello-prod/secret/kafka-readers', reader);
  const account = (key: string) => cluster.value('hello-audit/secret/external-kafka', key);
  const restarts = async () => (await cluster.calls()).filter((call) => call.includes('rollout restart'));
  const AUDIT = 'KAFKA_BROKERS=kafka.hello-prod.svc.cluster.local:9092\n';

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    await sandbox.giveAll();
    cluster = await Objects.in(sandbox);
    await sandbox.shell(
      `sed 's|kafka/secured$|&\\n  - ../../base/kafka/readers|' overlays/prod/kustomization.yaml >../new; cp ../new overlays/prod/kustomization.yaml`,
    );
    await write('prod/readers.env', 'audit=hello-world\nreports=hello-world,news\n');
    await mkdir(join(sandbox.folder, 'overlays/audit'));
    await write('audit/kustomization.yaml', 'components:\n  - ../../base/external-kafka\n');
    await write('audit/kafka.env', AUDIT);
    await make();
    await cp(home('cluster'), home('made'), { recursive: true });
  });
  beforeEach(async () => {
    await cluster.clear();
    await cp(home('made'), home('cluster'), { recursive: true });
    for (const name of ['prod', 'audit'])
      await cluster.put(`cluster/namespace/hello-${name}`, { status: { phase: 'Active' } });
    for (const name of ['hello-prod/deployment/kafka-access', 'hello-audit/deployment/consumer'])
      await cluster.put(name);
  });
  afterAll(() => sandbox.remove());

  it('have a password each, beside that Kafka', async () => {
    expect(await password('audit')).toMatch(/^[0-9a-f]{48}$/);
    expect(await password('reports')).toMatch(/^[0-9a-f]{48}$/);
    expect(await password('reports')).not.toBe(await password('audit'));
  });

  it('are handed over to the environment of that name that reads there', async () => {
    expect(await account('username')).toBe('audit');
    expect(await account('password')).toBe(await password('audit'));
    expect(await account('ca.crt')).toBe(await cluster.value('hello-prod/secret/kafka-tls', 'ca.crt'));
  });

  it('stay as they are', async () => {
    expect(await make()).toEqual({ status: 0, output: '' });
    expect(await cluster.taken()).toEqual([]);
    expect(await restarts()).toEqual([]);
  });

  it('are made for one that was named since, and the others keep theirs', async () => {
    const before = await password('audit');
    await write('prod/readers.env', 'audit=hello-world\nreports=hello-world\nlate=hello-world\n');
    expect((await make()).status).toBe(0);
    expect(await password('late')).toMatch(/^[0-9a-f]{48}$/);
    expect(await password('audit')).toBe(before);
    expect(await restarts()).toEqual(['-n hello-prod rollout restart deployment/kafka-access']);
    await write('prod/readers.env', 'audit=hello-world\nreports=hello-world,news\n');
  });

  it('are made for each name that Kustomize takes', async () => {
    await write('prod/readers.env', '# who reads\naudit=hello-world\n  team_a=hello-world\nOps.2=hello-world\n');
    expect((await make()).status).toBe(0);
    const { data } = await cluster.get('hello-prod/secret/kafka-readers');
    expect(Object.keys(data).sort()).toEqual(['Ops.2', 'audit', 'team_a']);
    await write('prod/readers.env', 'audit=hello-world\nreports=hello-world,news\n');
  });

  it('have a Secret in a new cluster also where there is nobody any more, since kafka-access wants it', async () => {
    await write('prod/readers.env', '');
    await cluster.remove('hello-prod/secret/kafka-readers');
    expect((await make()).status).toBe(0);
    expect(await cluster.names('hello-prod/secret')).toContain('kafka-readers');
    await write('prod/readers.env', 'audit=hello-world\nreports=hello-world,news\n');
  });

  it('are made anew where they are lost, and handed over to whom runs', async () => {
    const before = await password('audit');
    await cluster.remove('hello-prod/secret/kafka-readers');
    expect((await make()).status).toBe(0);
    expect(await password('audit')).not.toBe(before);
    expect(await account('password')).toBe(await password('audit'));
    expect(await restarts()).toEqual([
      '-n hello-prod rollout restart deployment/kafka-access',
      '-n hello-audit rollout restart deployment/consumer',
    ]);
  });

  it('are said after a rotation of whom nobody hands them over to', async () => {
    const { output } = await sandbox.shell(
      'step() { :; }; kafka_pods() { echo kafka-controller-0; }; rotate_environment prod',
    );
    expect(output).toBe(
      `! reports, who reads from prod, is refused until it has its new password.\n  kubectl --context hello -n hello-prod get secret kafka-readers -o go-template='{{index .data "reports" | base64decode}}'\n`,
    );
  });

  it('follow a new authority', async () => {
    await cluster.remove('argocd/secret/hello-world-ca');
    expect((await make()).status).toBe(0);
    expect(await account('ca.crt')).toBe(await cluster.value('argocd/secret/hello-world-ca', 'ca.crt'));
  });

  it.each([
    ['reads elsewhere', 'KAFKA_BROKERS=kafka.hello-production.svc:9092\n'],
    ['reads from a company’s', 'KAFKA_BROKERS=kafka.example.org:9092\n'],
  ])('are not handed over to an environment that %s', async (_, text) => {
    await cluster.remove('hello-audit/secret/external-kafka');
    await write('audit/kafka.env', text);
    expect((await make()).status).toBe(0);
    expect(await cluster.names('hello-audit/secret')).toEqual([]);
    await write('audit/kafka.env', AUDIT);
  });

  it.each([`'get secret kafka-readers '*`, `'get secret external-kafka '*`])(
    'are neither made nor handed over where the cluster does not answer for %s',
    async (call) => {
      const before = [await password('audit'), await account('password')];
      await cluster.on(call, `echo 'connection refused' >&2; exit 1`);
      await make();
      expect([await password('audit'), await account('password')]).toEqual(before);
      expect(await cluster.taken()).toEqual([]);
    },
  );
});
