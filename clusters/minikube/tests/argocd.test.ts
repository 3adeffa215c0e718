import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { watchArguments } from './testing/arguments.ts';
import { kubectl } from './testing/kubectl.ts';
import { Objects } from './testing/objects.ts';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
let cluster: Objects;
const home = (name: string) => join(sandbox.folder, '..', name);
const manifests = () => join(sandbox.folder, 'clusters/minikube/argocd');
const base64 = (text: string) => Buffer.from(text).toString('base64');
const secret = (name: string, data: Record<string, string>) =>
  cluster.put(`argocd/secret/${name}`, {
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)])),
  });
const applied = async () => (await cluster.calls()).filter((call) => call.startsWith('apply'));

beforeAll(async () => {
  sandbox = await Sandbox.create();
  await sandbox.giveAll();
  await sandbox.give('date');
  cluster = await Objects.in(sandbox);
});
beforeEach(() => cluster.clear());
afterAll(() => sandbox.remove());

const POLICIES = 'apply --server-side --force-conflicts -k clusters/minikube/policies -o name';
const ARGOCD = 'apply --server-side --force-conflicts -k clusters/minikube/argocd -o name';

describe("Argo CD's manifest", () => {
  const text = 'kind: Deployment\n';
  const SUM = `ARGOCD_SHA256=${createHash('sha256').update(text).digest('hex')}`;
  const install = () => readFile(join(manifests(), 'install.yaml'), 'utf8').catch(() => 'none');
  const files = async () => (await readdir(manifests())).filter((name) => name.startsWith('install'));
  /** A network, by which that text comes. */
  const serve = (body: string) =>
    sandbox.give('curl', `echo "$*" >>~/curl-calls; while [ "$1" != -o ]; do shift; done; printf '%s' '${body}' >"$2"`);
  const offline = (part = '') =>
    sandbox.give(
      'curl',
      `while [ "$1" != -o ]; do shift; done; printf '%s' '${part}' >"$2"; echo 'curl: (6) Could not resolve host' >&2; exit 6`,
    );
  const apply = () => sandbox.shell(`${SUM}; EXPLAINED=yes; apply_argocd`);
  beforeEach(async () => {
    for (const name of await files()) await rm(join(manifests(), name));
    await rm(home('curl-calls'), { force: true });
  });

  it('is fetched, of the version that is pinned, and applied', async () => {
    await serve(text);
    expect((await apply()).status).toBe(0);
    expect(await install()).toBe(text);
    expect(await files()).toEqual(['install.yaml']);
    expect(await readFile(home('curl-calls'), 'utf8')).toContain(
      ' https://raw.githubusercontent.com/argoproj/argo-cd/v3.6.1/manifests/install.yaml\n',
    );
    expect(await applied()).toEqual([POLICIES, ARGOCD]);
  });

  it('is fetched once: later runs need no network', async () => {
    await serve(text);
    await apply();
    await offline();
    expect((await apply()).status).toBe(0);
    expect(await install()).toBe(text);
  });

  it('is fetched anew where what lies there is another', async () => {
    await writeFile(join(manifests(), 'install.yaml'), 'kind: Old\n');
    await serve(text);
    expect((await apply()).status).toBe(0);
    expect(await install()).toBe(text);
  });

  it.each([false, true])(
    'is not applied where it is not what it was, which is said (Argo CD is there: %s)',
    async (there) => {
      if (there) await cluster.put('argocd/deployment/argocd-server');
      await writeFile(join(manifests(), 'install.yaml'), 'kind: Old\n');
      await serve('kind: Evil\n');
      const { status, output } = await apply();
      expect(output).toMatch(
        /is not what it was when this was written: its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}\. Nothing was applied\./,
      );
      expect(await applied()).toEqual([POLICIES]);
      expect(await install()).toBe('kind: Old\n');
      expect(await files()).toEqual(['install.yaml']);
      expect(status).toBe(there ? 0 : 1);
    },
  );

  it('that cannot be fetched ends it where no Argo CD is', async () => {
    await offline();
    const { status, output } = await apply();
    expect(output).toContain('cannot download https://raw.githubusercontent.com/argoproj/argo-cd/');
    expect(output).not.toContain('stays as it is');
    expect(status).toBe(1);
    expect(await applied()).toEqual([POLICIES]);
  });

  it('that cannot be fetched leaves an Argo CD as it is that is there', async () => {
    await cluster.put('argocd/deployment/argocd-server');
    await offline();
    const { status, output } = await apply();
    expect(output).toContain('Argo CD is there, and stays as it is.');
    expect(status).toBe(0);
    expect(await applied()).toEqual([POLICIES]);
  });

  it('that came by half is not applied, then or later', async () => {
    await cluster.put('argocd/deployment/argocd-server');
    await offline(text.slice(0, 9));
    await apply();
    await apply();
    expect(await applied()).toEqual([POLICIES]);
    expect(await install()).toBe('none');
  });

  it('is not taken for there where the cluster does not answer', async () => {
    await cluster.on(`'get deployment argocd-server '*`, 'exit 1');
    await offline();
    expect((await apply()).status).toBe(1);
  });

  it.each([POLICIES, ARGOCD])('is said not to be applied where the cluster does not take it: %s', async (call) => {
    await serve(text);
    await cluster.on(`'${call}'`, 'exit 1');
    expect((await apply()).status).toBe(1);
  });
});

describe.skipIf(kubectl === undefined)('Argo CD runs', () => {
  const run = () => sandbox.shell('EXPLAINED=yes; argocd_runs');
  const rollouts = async (what: string) => (await cluster.calls()).filter((call) => call.includes(`rollout ${what}`));
  const own = async () => {
    await secret('argocd-redis', { auth: 'x' });
    await secret('argocd-secret', { 'admin.password': 'x' });
  };

  it('when all its parts are rolled out', async () => {
    await own();
    expect((await run()).status).toBe(0);
    expect((await rollouts('status')).map((call) => call.split(' ')[4])).toEqual(['deployments', 'statefulsets']);
    expect(await rollouts('restart')).toEqual([]);
  });

  it('again when its own Secret argocd-secret is gone, which the server makes', async () => {
    await own();
    await cluster.remove('argocd/secret/argocd-secret');
    expect((await run()).status).toBe(0);
    expect(await rollouts('restart')).toHaveLength(1);
    expect((await rollouts('restart'))[0]).toMatch(/deployment\/argocd-redis .* deployment\/argocd-server$/);
    expect(await rollouts('status')).toHaveLength(4);
  });

  it('without waiting for what cannot start when argocd-redis is gone: that is made first', async () => {
    await own();
    await cluster.remove('argocd/secret/argocd-redis');
    await cluster.answer(`case "$*" in
      'get deployment argocd-redis '*) echo 1; exit ;;
      'rollout restart deployment/argocd-redis') mkdir -p ~/cluster/argocd/secret; echo {} >~/cluster/argocd/secret/argocd-redis; exit ;;
    esac`);
    expect((await run()).status).toBe(0);
    const calls = (await cluster.calls()).filter((call) => call.includes(' rollout '));
    expect(calls[0]).toBe('-n argocd rollout restart deployment/argocd-redis');
    expect(calls[1]).toMatch(/^-n argocd rollout restart deployment\/argocd-redis .* deployment\/argocd-server$/);
    expect(calls.slice(2)).toHaveLength(2);
  });

  it('and makes nothing anew while the first start is under way', async () => {
    await secret('argocd-secret', { 'admin.password': 'x' });
    expect((await run()).status).toBe(0);
    expect(await rollouts('restart')).toEqual([]);
  });

  it('again when the Secret has lost its content', async () => {
    await own();
    await secret('argocd-secret', { 'server.secretkey': 'x' });
    await run();
    expect(await rollouts('restart')).toHaveLength(1);
  });

  it.each(['deployments', 'statefulsets'])('not when its %s are not rolled out', async (kind) => {
    await own();
    await cluster.on(`'rollout status ${kind} '*`, 'exit 1');
    expect((await run()).status).toBe(1);
  });

  it('not when its parts cannot make their Secrets', async () => {
    await cluster.on(`'rollout restart '*`, 'exit 1');
    expect((await run()).status).toBe(1);
  });
});

describe('what was applied', () => {
  const versions = (text: string) => writeFile(home('versions'), text);
  const file = () => join(sandbox.folder, 'clusters/minikube/git/more.yaml');
  const apply = async () => {
    const before = (await applied()).length;
    expect((await sandbox.shell('apply_once git argocd clusters/minikube/git')).status).toBe(0);
    return (await applied()).slice(before);
  };
  const APPLY = ['apply --server-side --force-conflicts -k clusters/minikube/git -o name'];
  beforeEach(async () => {
    await cluster.answer(`case "$*" in
      'apply '*' -o name') printf '%s\\n' service/git secret/git; exit ;;
      'get service/git secret/git '*) cat ~/versions; exit ;;
    esac`);
    await versions('1 5\n2 \n');
    await rm(file(), { force: true });
    await apply();
  });

  it('is not applied again', async () => {
    expect(await apply()).toEqual([]);
    expect(await apply()).toEqual([]);
  });

  it.each([
    ['somebody has changed a thing', '1 6\n2 \n'],
    ['a thing is gone', '1 5\n'],
    ['a thing was made anew', '1 5\n3 \n'],
  ])('is when %s, once', async (_what, text) => {
    await versions(text);
    expect(await apply()).toEqual(APPLY);
    expect(await apply()).toEqual([]);
  });

  it('is when a file has changed', async () => {
    await writeFile(file(), 'kind: More\n');
    expect(await apply()).toEqual(APPLY);
    expect(await apply()).toEqual([]);
  });

  it('is when it is not known how it was', async () => {
    await cluster.remove('argocd/configmap/hello-world-applied-git');
    expect(await apply()).toEqual(APPLY);
  });
});

describe('the git server in the cluster', () => {
  it('runs when it is rolled out', async () => {
    expect((await sandbox.shell('git_runs')).status).toBe(0);
    expect(await applied()).toEqual(['apply --server-side --force-conflicts -k clusters/minikube/git -o name']);
    expect((await cluster.calls()).at(-1)).toBe('-n argocd rollout status deployment/git --timeout=300s');
  });

  it.each([`'apply '*`, `'rollout '*`])('does not run where this fails: %s', async (call) => {
    await cluster.on(call, 'exit 1');
    expect((await sandbox.shell('EXPLAINED=yes; git_runs')).status).toBe(1);
  });
});

describe('the root application', () => {
  const apply = (repo = 'https://github.com/you/hello', branch = 'feature/a.b_c') =>
    sandbox.shell(`EXPLAINED=yes; REPO='${repo}' REVISION='${branch}'; apply_root`);

  it('has the repository and the branch, wherever they belong', async () => {
    await cluster.answer(`case "$*" in apply*) cat >>~/applied; echo --- >>~/applied; exit ;; esac`);
    expect((await apply()).status).toBe(0);
    const text = await readFile(home('applied'), 'utf8');
    await rm(home('applied'));
    expect(text).not.toContain('${');
    const objects = parseAllDocuments(text).map((document) => document.toJS() as Record<string, never> | null);
    const root = objects.find((object) => object?.['kind'] === 'Application') as unknown as {
      spec: { source: { repoURL: string; targetRevision: string; kustomize: { patches: { patch: string }[] } } };
    };
    expect(root.spec.source).toMatchObject({
      repoURL: 'https://github.com/you/hello',
      targetRevision: 'feature/a.b_c',
    });
    expect(root.spec.source.kustomize.patches[0]!.patch).toContain(
      'path: /spec/template/spec/source/targetRevision, value: "feature/a.b_c"',
    );
    expect(objects.some((object) => object?.['kind'] === 'AppProject')).toBe(true);
  });

  it('is said not to be taken where it is not', async () => {
    await cluster.on(`'apply '*`, 'cat >/dev/null; exit 1');
    expect((await apply()).status).toBe(1);
  });
});

describe.skipIf(kubectl === undefined)("Argo CD's passwords", () => {
  const INITIAL = 'argocd-initial-admin-secret';

  it('is shown, and marked as shown', async () => {
    await secret(INITIAL, { password: 's3cret' });
    const { output } = await sandbox.shell('say_password');
    expect(output).toContain('user: admin   password: s3cret\n');
    expect(output).toContain(`kubectl --context hello -n argocd delete secret ${INITIAL}`);
    expect((await cluster.calls()).at(-1)).toBe(
      `-n argocd annotate --overwrite secret ${INITIAL} hello-world/shown=yes`,
    );
  });

  it.each([
    ['that was shown', { annotations: { 'hello-world/shown': 'yes' } }],
    ['that was changed, and deleted', undefined],
  ])('is not shown %s', async (_, metadata) => {
    if (metadata)
      await cluster.put(`argocd/secret/${INITIAL}`, {
        metadata: { name: INITIAL, ...metadata },
        data: { password: base64('x') },
      });
    expect(await sandbox.shell('say_password')).toEqual({ status: 0, output: '' });
    expect((await cluster.calls()).filter((call) => call.includes('annotate'))).toEqual([]);
  });

  it('is shown again by a command, which works', async () => {
    await secret(INITIAL, { password: 's3cret' });
    expect((await sandbox.shell('eval "$(password_command)"')).output).toBe('s3cret');
  });
});

describe.skipIf(kubectl === undefined)('the account of who may look', () => {
  const hash = '$2a$10$abc./DEF';
  /** What Argo CD is given: a patch, and a password on stdin. */
  const argocd = (bcrypt: string) =>
    cluster.answer(`case "$*" in
      'exec -i deploy/argocd-server '*bcrypt*) cat >~/given; ${bcrypt} ;;
      'patch secret argocd-secret '*) for last; do :; done; cat "$last" >~/patch; [ ! -f ~/refused/patch ]; exit ;; esac`);
  const given = () => readFile(home('given'), 'utf8');
  const patched = () => readFile(home('patch'), 'utf8').catch(() => 'nothing');
  beforeEach(async () => {
    await rm(home('patch'), { force: true });
    await argocd(`printf '%s\\n' '${hash}'; exit`);
  });

  it('is made once, its password is shown, and Argo CD has its hash', async () => {
    await secret('argocd-secret', { 'admin.password': 'x' });
    const { status, output } = await sandbox.shell('say_viewer');
    const password = /user: viewer {2}password: ([\w-]{24})\n/.exec(output)?.[1];
    expect(password).toBeDefined();
    expect(await given()).toBe(`${password}\n`);
    expect(JSON.parse(await patched())).toEqual({
      stringData: {
        'accounts.viewer.password': hash,
        'accounts.viewer.passwordMtime': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      },
    });
    expect((await cluster.calls()).at(-1)).toMatch(
      /^-n argocd patch secret argocd-secret --type=merge --patch-file .*\/patch$/,
    );
    expect(status).toBe(0);
  });

  it('is not made again', async () => {
    await secret('argocd-secret', { 'accounts.viewer.password': hash });
    expect(await sandbox.shell('say_viewer')).toEqual({ status: 0, output: '' });
    expect(await patched()).toBe('nothing');
  });

  it.each([
    ['does not answer', 'exit 1'],
    ['has no hash', 'exit 0'],
  ])('is said not to be made where Argo CD %s, and its password is not shown', async (_, bcrypt) => {
    await argocd(bcrypt);
    const { status, output } = await sandbox.shell('say_viewer');
    expect(output).toContain('Argo CD did not take the password of viewer.');
    expect(output).not.toContain('user: viewer');
    expect(await patched()).toBe('nothing');
    expect(status).toBe(1);
  });

  it('is said not to be made where the cluster does not take it', async () => {
    await cluster.refuse('patch');
    const { status, output } = await sandbox.shell('say_viewer');
    expect(output).toContain('Argo CD did not take the password of viewer.');
    expect(output).not.toContain('user: viewer');
    expect(status).toBe(1);
  });

  it('has no secret in any argument or log', async () => {
    const own = await Sandbox.create();
    await own.giveAll();
    await own.give('date');
    const objects = await Objects.in(own);
    await objects.on(`'exec '*`, `cat >/dev/null; echo '${hash}'`);
    const calls = await watchArguments(own);
    const { output } = await own.shell('say_viewer; echo "LOG: $(cat "$LOG")"');
    const password = /password: ([\w-]{24})\n/.exec(output)?.[1] ?? '';
    expect(password).not.toBe('');
    expect(output.slice(output.indexOf('LOG:'))).not.toContain(password);
    expect(await calls()).toContain('kubectl --context hello -n argocd exec -i');
    expect(await calls()).not.toContain(password);
    expect(await calls()).not.toContain(hash);
    await own.remove();
  });
});

interface Application {
  name: string;
  operation?: boolean | object;
  sync?: object;
  health?: object;
  operationState?: object;
}

describe.skipIf(kubectl === undefined)('the applications, as templates show them', () => {
  const applications = (...all: Application[]) =>
    cluster.list(
      'application',
      all.map(({ name, operation, ...status }) => ({
        metadata: { name },
        ...(operation ? { operation: operation === true ? { sync: { revision: 'x' } } : operation } : {}),
        ...(Object.keys(status).length > 0 ? { status } : {}),
      })),
    );
  const lines = async () => (await sandbox.shell('applications')).output;
  const well = (name: string, revision = 'abc'): Application => ({
    name,
    sync: { status: 'Synced', revision },
    health: { status: 'Healthy' },
    operationState: { phase: 'Succeeded', syncResult: { revision } },
  });

  it.each<[string, Application, string]>([
    ['well', well('hello-dev'), 'hello-dev abc Synced Healthy abc'],
    ['new', { name: 'hello-dev' }, 'hello-dev - - - -'],
    [
      'that were not compared',
      { name: 'hello-dev', sync: { status: 'Unknown' }, health: {} },
      'hello-dev - Unknown - -',
    ],
    [
      'that failed',
      { ...well('hello-dev'), operationState: { phase: 'Failed', syncResult: { revision: 'old' } } },
      'hello-dev abc Failed Healthy old',
    ],
    [
      'that are tried again',
      { ...well('hello-dev'), operationState: { phase: 'Running', retryCount: 2 } },
      'hello-dev abc Failed Healthy -',
    ],
    [
      'that came through after all',
      { ...well('hello-dev'), operationState: { phase: 'Succeeded', retryCount: 2, syncResult: { revision: 'abc' } } },
      'hello-dev abc Synced Healthy abc',
    ],
    ['at work', { ...well('hello-dev'), operationState: { phase: 'Running' } }, 'hello-dev abc Synced Healthy -'],
  ])('have a line each, of one %s', async (_, application, line) => {
    await applications(application);
    expect(await lines()).toBe(`${line}\n`);
  });

  it('are all at a commit when they and the root are', async () => {
    const all = async (...names: string[]) =>
      (await sandbox.shell(`all_at abc ${names.join(' ')} && echo yes || echo no`)).output.trim();
    await applications(well('hello'), well('hello-dev'), well('hello-dev2', 'old'));
    expect(await all('dev')).toBe('yes');
    expect(await all('dev', 'dev2')).toBe('no');
    expect(await all('prod')).toBe('no');
    await applications(well('hello', 'old'), well('hello-dev'));
    expect(await all('dev')).toBe('no');
    await applications(well('hello'), { ...well('hello-dev'), health: { status: 'Degraded' } });
    expect(await all('dev')).toBe('no');
    await applications(well('hello'), { ...well('hello-dev'), sync: { status: 'OutOfSync', revision: 'abc' } });
    expect(await all('dev')).toBe('no');
    await cluster.silence();
    expect(await all('dev')).toBe('no');
  });

  it('are healthy, of whichever commit', async () => {
    const healthy = async (...names: string[]) =>
      (await sandbox.shell(`all_healthy ${names.join(' ')} && echo yes || echo no`)).output.trim();
    await applications(well('hello-dev', 'old'), { name: 'hello-prod', health: { status: 'Progressing' } });
    expect(await healthy('dev')).toBe('yes');
    expect(await healthy('dev', 'prod')).toBe('no');
    expect(await healthy('staging')).toBe('no');
    await cluster.silence();
    expect(await healthy('dev')).toBe('no');
  });

  describe('that are stuck', () => {
    const running = (name: string, now: string, of: string, more = {}): Application => ({
      ...well(name, now),
      operation: true,
      operationState: { phase: 'Running', syncResult: { revision: of }, ...more },
    });
    const stuck = async () => (await sandbox.shell('stuck_operations | xargs')).output.trim();

    it('are those that are tried again, or are of an older commit', async () => {
      await applications(
        well('hello'),
        running('hello-now', 'abc', 'abc'),
        running('hello-old', 'abc', 'old'),
        running('hello-again', 'abc', 'abc', { retryCount: 3 }),
        { ...running('hello-first', 'abc', ''), operationState: { phase: 'Running' } },
        {
          ...running('hello-done', 'abc', 'old'),
          operationState: { phase: 'Succeeded', syncResult: { revision: 'old' } },
        },
        { ...running('hello-none', 'abc', 'old'), operation: false },
        { name: 'hello-new', operation: true },
        // What cannot be rendered any more has no commit of now.
        { ...running('hello-broken', 'abc', 'old'), sync: { status: 'Unknown' } },
      );
      expect(await stuck()).toBe('hello-old hello-again hello-broken');
    });

    it('are taken off, each', async () => {
      await applications(running('hello-old', 'abc', 'old'), running('hello-older', 'abc', 'older'), well('hello'));
      await cluster.on(`'patch application hello-old '*`, 'exit 1');
      expect(await sandbox.shell('take_off_stuck')).toEqual({ status: 0, output: '' });
      const patch = `--type=json -p [{"op":"remove","path":"/operation"},{"op":"remove","path":"/status/operationState"}]`;
      expect((await cluster.calls()).slice(2)).toEqual([
        `-n argocd patch application hello-old ${patch}`,
        `-n argocd patch application hello-older ${patch}`,
      ]);
    });

    it('are, when looked at again, those that heal a part while more is missing', async () => {
      const healing = (name: string, more = {}): Application => ({
        ...running(name, 'abc', 'abc', { startedAt: '2026-01-01T00:00:00Z' }),
        sync: { status: 'OutOfSync', revision: 'abc' },
        operation: { sync: { resources: [{ name: 'kafka' }] } },
        ...more,
      });
      await applications(
        well('hello'),
        healing('hello-dev'),
        healing('hello-prod'),
        healing('hello-whole', { operation: true }),
        healing('hello-all', { sync: { status: 'Synced', revision: 'abc' } }),
      );
      const taken = async () =>
        (await cluster.calls()).filter((call) => call.includes(' patch ')).map((call) => call.split(' ')[4]);
      await sandbox.shell('take_off_stuck');
      expect(await taken()).toEqual([]);
      await sandbox.shell('take_off_stuck; take_off_stuck');
      expect(await taken()).toEqual(['hello-dev', 'hello-prod']);
    });

    it('are none of a cluster that does not answer, and nothing ends by it', async () => {
      await cluster.silence();
      expect(await sandbox.shell('take_off_stuck; refresh')).toEqual({ status: 0, output: '' });
    });
  });

  it('are told to look at once', async () => {
    await sandbox.shell('refresh');
    expect(await cluster.calls()).toEqual([
      '-n argocd annotate --overwrite applications,applicationsets --all argocd.argoproj.io/refresh=normal argocd.argoproj.io/application-set-refresh=true',
    ]);
  });
});

describe('helm, as Kustomize calls it in the cluster', () => {
  const CHART = 'oci://registry.example.com/charts/kafka';
  /** helm, by way of which a chart comes whole, by half or not at all. */
  const HELM = `
    printf '%s\\n' "$*" >>~/helm-calls
    [ "$1" = pull ] || { echo "helm $*"; exit 0; }
    while [ $# -gt 0 ]; do case $1 in --untardir) folder=$2 ;; --version) version=$2 ;; esac; shift; done
    mkdir -p "$folder/kafka/templates"
    echo "version: $version" >"$folder/kafka/Chart.yaml"
    [ ! -f ~/half ] || { echo 'Error: connection reset' >&2; exit 1; }
    echo "a template" >"$folder/kafka/templates/a file.yaml"`;
  const call = async (...args: string[]) => sandbox.run('../helm-under-test', ...args);
  const pull = (folder: string, version = '32.4.3', chart = CHART) =>
    call('pull', '--untar', '--untardir', home(folder), chart, '--version', version);
  const calls = async () => (await readFile(home('helm-calls'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
  const text = (file: string) => readFile(home(file), 'utf8');
  const kept = () => readdir(home('the charts'));

  beforeAll(async () => {
    await sandbox.give('helm', HELM);
    // Its volume, in a folder of this machine.
    const script = await readFile(join(manifests(), 'helm'), 'utf8');
    const there = script.replaceAll(/\/charts/g, '"$HOME/the charts"');
    if (there.split('the charts').length !== 3) throw new Error('helm names its volume at another number of places');
    await writeFile(home('helm-under-test'), there, { mode: 0o755 });
  });
  beforeEach(async () => {
    for (const name of ['the charts', 'helm-calls', 'half', 'one', 'two', 'a folder with spaces'])
      await rm(home(name), { recursive: true, force: true });
    await mkdir(home('the charts'));
  });
  afterAll(() => sandbox.give('helm', 'exit 1'));

  it('pulls a chart once: the second time it needs none', async () => {
    expect((await pull('one')).status).toBe(0);
    await sandbox.give('helm', 'exit 1');
    expect(await pull('two')).toEqual({ status: 0, output: '' });
    await sandbox.give('helm', HELM);
    for (const folder of ['one', 'two']) {
      expect(await text(`${folder}/kafka/Chart.yaml`)).toBe('version: 32.4.3\n');
      expect(await text(`${folder}/kafka/templates/a file.yaml`)).toBe('a template\n');
    }
    expect(await calls()).toHaveLength(1);
    expect(await kept()).toHaveLength(1);
  });

  it('pulls into a folder with spaces', async () => {
    for (let time = 0; time < 2; time += 1) {
      expect((await pull('a folder with spaces')).status).toBe(0);
      expect(await text('a folder with spaces/kafka/Chart.yaml')).toBe('version: 32.4.3\n');
      await rm(home('a folder with spaces'), { recursive: true });
    }
    expect(await calls()).toHaveLength(1);
  });

  it.each([
    ['version', '32.4.4', CHART],
    ['chart', '32.4.3', `${CHART}2`],
  ])('takes another %s for another', async (_, version, chart) => {
    await pull('one');
    expect((await pull('two', version, chart)).status).toBe(0);
    expect(await text('two/kafka/Chart.yaml')).toBe(`version: ${version}\n`);
    expect(await calls()).toHaveLength(2);
    expect(await kept()).toHaveLength(2);
  });

  it('keeps nothing of a pull that failed, and says that it did', async () => {
    await writeFile(home('half'), '');
    const { status, output } = await pull('one');
    expect(output).toContain('Error: connection reset');
    expect(status).toBe(1);
    expect(await kept()).toEqual([]);
    await rm(home('half'));
    expect((await pull('two')).status).toBe(0);
    expect(await text('two/kafka/templates/a file.yaml')).toBe('a template\n');
  });

  it.each([
    ['a pull of the newest', ['pull', '--untar', '--untardir', 'X', CHART]],
    ['a pull as a file', ['pull', CHART, '--version', '1']],
  ])('goes through as it is, each time: %s', async (_, args) => {
    const given = args.map((word) => (word === 'X' ? home('one') : word));
    for (let time = 0; time < 2; time += 1) await call(...given);
    expect(await calls()).toEqual([given.join(' '), given.join(' ')]);
    expect(await kept()).toEqual([]);
  });

  it.each([[['template', 'kafka', '--version', '1', '--untardir', 'x']], [['version', '-c', '--short']], [[]]])(
    'is the real one for all else: %j',
    async (args) => {
      expect((await call(...args)).output.trim()).toBe(`helm ${args.join(' ')}`.trim());
      expect(await kept()).toEqual([]);
    },
  );

  it('gives each word as it was, and ends as helm does', async () => {
    await sandbox.give('helm', `printf '[%s]' "$@"; exit 7`);
    const { status, output } = await call('template', 'a b', '', '*');
    await sandbox.give('helm', HELM);
    expect(output).toBe('[template][a b][][*]');
    expect(status).toBe(7);
  });

  it('has the chart without a place to keep it', async () => {
    await rm(home('the charts'), { recursive: true });
    for (let time = 0; time < 2; time += 1) expect((await pull('one')).status).toBe(0);
    expect(await text('one/kafka/Chart.yaml')).toBe('version: 32.4.3\n');
    expect(await calls()).toHaveLength(2);
    await mkdir(home('the charts'));
  });

  it('leaves what another has kept meanwhile', async () => {
    await pull('one');
    const [name = ''] = await kept();
    // The other is as far as this one when this one looks: it has the chart when this one comes with its own.
    await sandbox.give('helm', `${HELM}\nmkdir -p ~/'the charts/${name}'; echo theirs >~/'the charts/${name}/whole'`);
    await rm(home('the charts'), { recursive: true });
    await mkdir(home('the charts'));
    expect((await pull('two')).status).toBe(0);
    await sandbox.give('helm', HELM);
    expect(await kept()).toEqual([name]);
    expect(await readdir(home(`the charts/${name}`))).toEqual(['whole']);
  });
});
