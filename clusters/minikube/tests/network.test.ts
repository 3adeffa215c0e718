import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.create();
});
afterAll(() => sandbox.remove());

const file = (name: string) => join(sandbox.folder, '..', name);
const asked = async () => (await readFile(file('asked'), 'utf8').catch(() => '')).trim();

/** A cluster with these nodes of Kafka and pages, whose repo-server gives that answer. */
const giveCluster = ({
  kafka = 'hello-dev 1/1',
  pages = 'hello-dev http:30002',
  answer = 'printf "open\\nclosed\\n"',
} = {}) =>
  sandbox.give(
    'kubectl',
    `case "$*" in
      *'get statefulsets'*) printf '%s\\n' '${kafka}' ;;
      *'get services'*) printf '%s\\n' '${pages}' ;;
      '--context hello -n argocd exec deploy/argocd-repo-server -c argocd-repo-server -- bash -c '*) for last; do before=\${at:-}; at=$last; done; echo "$before $at" >~/asked; ${answer} ;;
      *) echo "not expected: $*" >&2; exit 1 ;;
    esac`,
  );
beforeEach(async () => {
  await sandbox.giveAll();
  await rm(file('asked'), { force: true });
});
const tried = async () => (await sandbox.shell('status=0; network_enforced || status=$?; echo "$status $WHY"')).output;

describe("the cluster's network", () => {
  it.each([
    ['open', 'closed', '0 \n'],
    ['open', 'open', '1 \n'],
    ['closed', 'closed', '2 the page of hello-dev cannot be reached within the cluster\n'],
    ['closed', 'open', '2 the page of hello-dev cannot be reached within the cluster\n'],
    ['open', '', '2 the answer was: open\n'],
  ])('whose page is %s and whose Kafka is %s', async (page, kafka, expected) => {
    await giveCluster({ answer: `printf '${page}\\n${kafka}\\n'` });
    expect(await tried()).toBe(expected);
    expect(await asked()).toBe('consumer.hello-dev.svc.cluster.local:80 kafka.hello-dev.svc.cluster.local:9092');
  });

  it('is tried where a Kafka runs, by the port of the page that it has', async () => {
    await giveCluster({
      kafka: 'hello-default 0/1\nhello-prod 2/3',
      pages: 'hello-default http:30001\nhello-prod https:30003',
    });
    expect(await tried()).toBe('0 \n');
    expect(await asked()).toBe('consumer.hello-prod.svc.cluster.local:443 kafka.hello-prod.svc.cluster.local:9092');
  });

  it.each(['', 'hello-dev 0/1'])('cannot be tried without a Kafka that runs: %j', async (kafka) => {
    await giveCluster({ kafka });
    expect(await tried()).toBe('2 no environment has a Kafka that runs\n');
    expect(await asked()).toBe('');
  });

  it('cannot be tried without Argo CD', async () => {
    await giveCluster({ answer: `echo "Error: it isn't there" >&2; exit 1` });
    expect(await tried()).toBe("2 Argo CD's repo-server cannot be used for it: Error: it isn't there\n");
  });

  it('cannot be tried where the cluster does not answer', async () => {
    expect(await tried()).toBe('2 no environment has a Kafka that runs\n');
  });

  it('is tried from a shell that is understood', async () => {
    await giveCluster({
      answer: `for last; do :; done; shift 11; bash -c "$1" - "$3" "$4"`,
    });
    await sandbox.give('timeout', '[ "$1" = 2 ] && case "$*" in *consumer*/80) ;; *kafka*/9092) exit 124 ;; esac');
    expect(await tried()).toBe('0 \n');
  });

  it.each([
    ['printf "open\\nclosed\\n"', /^✓ the cluster's network enforces policies\n$/],
    [
      'printf "open\\nopen\\n"',
      /^ {2}One that does, .*: \.\/bootstrap\.sh down && \.\/bootstrap\.sh --cni calico\n! the cluster's network enforces no policies: every pod reaches every other/,
    ],
    ['exit 1', /^ {2}whether the cluster's network enforces policies could not be tried: /],
  ])('is said to be what it is: %s', async (answer, expected) => {
    await giveCluster({ answer });
    expect(await sandbox.shell('say_network')).toEqual({
      status: 0,
      output: expect.stringMatching(expected) as string,
    });
  });
});

describe('--cni', () => {
  const giveMinikube = (network?: string) =>
    sandbox.give(
      'minikube',
      `case $1 in
        version) echo v1.38.1 ;;
        profile) echo '{"invalid":[],"valid":[{"Name":"a","Config":{"KubernetesConfig":{"CNI":"flannel"}}}${
          network === undefined
            ? ''
            : `,{"Name":"hello","Config":{"Name":"hello","KubernetesConfig":{"CNI":"${network}"}}}`
        },{"Name":"z","Config":{"KubernetesConfig":{"CNI":"bridge"}}}]}' ;;
        start) echo "$*" >~/asked ;;
        *) echo "CALLED $*" >&2; exit 1 ;;
      esac`,
    );
  const start = (cni: string) =>
    sandbox.shell(
      `make_repository >/dev/null; choose_network '${cni}'; CPUS=2; MEMORY=4000; NODE_PORTS=x; start_cluster`,
    );

  it.each([
    ['calico', ' --cni=calico'],
    ['', ''],
  ])('%j is given to minikube when the cluster is made', async (cni, option) => {
    await giveMinikube();
    expect((await start(cni)).status).toBe(0);
    expect(await asked()).toMatch(new RegExp(` --ports=x${option}$`));
  });

  it.each([
    ['calico', 'calico'],
    ['', 'auto'],
    ['kindnet', ''],
  ])('may be what a cluster with %j has: %j', async (network, cni) => {
    await giveMinikube(network);
    expect((await start(cni)).status).toBe(0);
  });

  it.each([
    ['', 'calico', 'auto, not calico'],
    ['calico', 'kindnet', 'calico, not kindnet'],
    ['calico', 'auto', 'calico, not auto'],
  ])('cannot change a cluster with %j: %j', async (network, cni, what) => {
    await giveMinikube(network);
    const { status, output } = await start(cni);
    expect(output).toContain(`✗ The cluster hello was made with another network: ${what}.`);
    expect(output).toContain(`./bootstrap.sh down && ./bootstrap.sh --cni ${cni}`);
    expect(await asked()).toBe('');
    expect(status).toBe(1);
  });

  it.each([
    [['--cni'], '--cni needs a network: auto, bridge, calico, cilium, flannel, kindnet.'],
    [['--cni='], '--cni needs a network'],
    [['--cni', 'callico'], 'There is no network callico.'],
    [['--cni', './mine.yaml'], 'or takes a file by its whole path'],
    [['--cni', '/nowhere/mine.yaml'], '--cni /nowhere/mine.yaml: there is no such file.'],
    [['down', '--cni', 'calico'], '--cni has a meaning with up only, not with down.'],
  ])('is refused in %j', async (args, message) => {
    const { status, output } = await sandbox.run('bootstrap.sh', ...args);
    expect(output).toContain(message);
    expect(status).toBe(2);
  });

  it('takes a file', async () => {
    await writeFile(file('mine.yaml'), '');
    expect(await sandbox.shell(`need_network "$HOME/mine.yaml"; echo taken`)).toEqual({ status: 0, output: 'taken\n' });
  });

  it('is handed on by up, and nothing is started where it is refused', async () => {
    await giveMinikube('');
    const { status, output } = await sandbox.run('bootstrap.sh', '--cni', 'calico');
    expect(output).toContain('was made with another network: auto, not calico.');
    expect(output).not.toContain('CALLED');
    expect(status).toBe(1);
  });
});
