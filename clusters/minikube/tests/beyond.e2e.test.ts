import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Clone, until } from './testing/cluster.ts';

const run = promisify(execFile);
const output = async (command: string, ...args: string[]) =>
  (await run(command, args, { maxBuffer: 1 << 24 })).stdout.trim();

/** A profile that is minikube's alone: bootstrap.sh is given its context, and knows nothing more of it. */
const PROFILE = 'elsewhere';
/** Where this machine may push, and a node of minikube's may pull without a password: REGISTRY/NAME. */
const REGISTRY = process.env['E2E_REGISTRY'];
if (REGISTRY === undefined) throw new Error('Set E2E_REGISTRY to REGISTRY/NAME, where this machine may push images.');
if ((await output('minikube', 'profile', 'list', '--light', '-o', 'json')).includes(`"Name":"${PROFILE}"`))
  throw new Error(
    `There is a profile ${PROFILE}, which these tests would delete. First: minikube delete -p ${PROFILE}`,
  );

const kubectl = (...args: string[]) => output('kubectl', '--context', PROFILE, ...args);
/** Which objects there are, lines of kind, namespace, name and identity. */
const identities = (kinds: string) =>
  kubectl(
    ...['get', kinds, '-A', '--sort-by=.metadata.uid', '--no-headers', '-o'],
    'custom-columns=kind:.kind,namespace:.metadata.namespace,name:.metadata.name,uid:.metadata.uid',
  );
/** What the whole cluster has, and what somebody else has in it. */
const whole = async () => ({
  cluster: await identities(
    'namespaces,clusterroles,clusterrolebindings,customresourcedefinitions,storageclasses,persistentvolumes,validatingadmissionpolicies,validatingadmissionpolicybindings,priorityclasses',
  ),
  others: await kubectl('-n', 'hello-somebody', 'get', 'all,configmaps,secrets,networkpolicies', '-o', 'name'),
  labels: await kubectl('get', 'namespace', 'hello-somebody', '-o', 'jsonpath={.metadata.labels}'),
});
/** Minikube's own cluster of this project, if this machine has one, and what kubectl works with. */
const untouched = async () => ({
  hello: await output('docker', 'inspect', 'hello', '--format', '{{.Id}} {{.State.StartedAt}}').catch(() => 'none'),
  context: await output('kubectl', 'config', 'current-context').catch(() => 'none'),
});

describe('a cluster that is not this project’s', () => {
  let clone: Clone;
  let before: Awaited<ReturnType<typeof whole>>;
  let beside: Awaited<ReturnType<typeof untouched>>;
  /** The line that `up` has printed for who comes by the door's address. */
  let curl: string[];

  const ask = (path: string) => output('curl', '-fsS', '--max-time', '5', ...curl, `http://dev.localhost:8000${path}`);
  const newest = async () => {
    const { messages } = JSON.parse(await ask('/api/topics/hello-world/messages?limit=1')) as {
      messages: { offset: number; text: string }[];
    };
    return messages[0]!;
  };
  const image = (name: string) =>
    kubectl('-n', 'hello-dev', 'get', 'deployment', name, '-o', 'jsonpath={.spec.template.spec.containers[0].image}');

  beforeAll(async () => {
    beside = await untouched();
    const options = ['--driver=docker', '--container-runtime=containerd', '--keep-context', '--memory=4096'];
    await run('minikube', ['start', '-p', PROFILE, ...options]);
    // Somebody's, who likes such names too.
    await kubectl('create', 'namespace', 'hello-somebody');
    await kubectl('-n', 'hello-somebody', 'create', 'configmap', 'theirs');
    await until('what every namespace has', 60, () =>
      kubectl('-n', 'hello-somebody', 'get', 'configmap', 'kube-root-ca.crt'),
    );
    before = await whole();
    clone = await Clone.create();
    await clone.git('rm', '-r', '--quiet', 'overlays/default', 'overlays/prod');
    await clone.commit('One environment');
  });
  afterAll(async () => {
    await run('minikube', ['delete', '-p', PROFILE]).catch(() => undefined);
    await clone.remove();
  });

  it('gets everything by one command, and says where it is', async () => {
    const printed = await clone.run('bootstrap.sh', '--context', PROFILE, '--registry', REGISTRY);
    expect(printed).toContain(`cluster     ${PROFILE}, images from ${REGISTRY}`);
    expect(printed).toContain('✓ every environment in sync and healthy');
    curl = /By its address: curl (--connect-to \S+) /.exec(printed)![1]!.split(' ');
  });

  it('is live at the address of its door', async () => {
    const { offset, text } = await newest();
    expect(text).toBe('Hello world');
    await until('another broadcast', 15, async () => (await newest()).offset > offset);
  });

  it('pulls by digest', async () => {
    for (const name of ['consumer', 'producer'])
      expect(await image(name)).toMatch(new RegExp(`^${REGISTRY}:[0-9a-f]{12}@sha256:[0-9a-f]{64}$`));
  });

  it('changes nothing when it is brought up again, without being named', async () => {
    const all = () => identities('pods,secrets,services,deployments,statefulsets,replicasets,configmaps');
    const ranges = '{"spec":{"loadBalancerSourceRanges":["192.0.2.0/24"]}}';
    await kubectl('-n', 'door', 'patch', 'service', 'door', '-p', ranges);
    const first = await all();
    await clone.run('bootstrap.sh');
    expect(await all()).toBe(first);
    // What its owner has set stays.
    expect(await kubectl('-n', 'door', 'get', 'service', 'door', '-o', 'jsonpath={.spec}')).toContain('192.0.2.0/24');
  });

  it('has what is pushed', async () => {
    await clone.edit('overlays/dev/consumer.env', /^BANNER=.*/m, 'BANNER=Hello from elsewhere!');
    await clone.push('Another banner');
    await until('the banner', 120, async () => (await ask('/')).includes('Hello from elsewhere!'));
    expect(await clone.run('clusters/minikube/scripts/commands/diff')).toContain('dev: no difference');
  });

  it('has what is shipped, whose image is pushed first', async () => {
    const old = await image('producer');
    await clone.edit('apps/producer/src/main.ts', /^/, '// Shipped.\n');
    await clone.commit('Change the producer');
    const printed = await clone.run('clusters/minikube/scripts/commands/ship');
    const [, tag] = /dev runs ([0-9a-f]{12}),/.exec(printed)!;
    expect(await image('producer')).toMatch(new RegExp(`^${REGISTRY}:${tag}@sha256:`));
    expect(await image('producer')).not.toBe(old);
    // What came by its tag first would have had a rollout more.
    const sets = await kubectl(
      '-n',
      'hello-dev',
      'get',
      'replicasets',
      '-o',
      'jsonpath={.items[*].spec.template.spec.containers[0].image}',
    );
    expect(sets.split(' ').every((name) => name.includes('@sha256:'))).toBe(true);
  });

  it('leaves a namespace of somebody else’s alone, whatever a folder is called', async () => {
    await clone.run('clusters/minikube/scripts/commands/environment', 'add', 'somebody');
    await clone.git('push', '--quiet', 'minikube');
    const refused = await until('that it is refused', 120, async () => {
      const why = await kubectl(
        '-n',
        'argocd',
        'get',
        'application',
        'hello-somebody',
        '-o',
        'jsonpath={.status.operationState.message}',
      );
      return why.includes('was in this cluster before, and is left alone') && why;
    });
    expect(refused).toContain('hello-somebody');
    const { others, labels } = await whole();
    expect({ others, labels }).toEqual({ others: before.others, labels: before.labels });
  });

  it('is as it was when it is taken away', async () => {
    const printed = await clone.run('bootstrap.sh', 'down');
    expect(printed).toContain(`left: the cluster ${PROFILE} with all that was not made here`);
    // Disks go after their namespaces.
    await until('the same as before', 60, async () => JSON.stringify(await whole()) === JSON.stringify(before));
    expect(await untouched()).toEqual(beside);
    expect(await readFile(join(clone.folder, '.git/config'), 'utf8')).not.toMatch(/hello-world|minikube/);
  });
});
