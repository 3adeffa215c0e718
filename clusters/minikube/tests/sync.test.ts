import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeCluster } from './testing/fake-cluster.ts';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
let cluster: FakeCluster;
beforeEach(async () => {
  sandbox = await Sandbox.create();
  cluster = await FakeCluster.in(sandbox);
});
afterEach(() => sandbox.remove());

const shell = async (line: string) => (await sandbox.shell(line)).output;
const write = (file: string, text: string) => writeFile(join(sandbox.folder, file), text);
const sync = () => sandbox.run('clusters/minikube/scripts/commands/sync');
const syncOnPurpose = () => sandbox.shell('ON_PURPOSE=yes clusters/minikube/scripts/commands/sync');
const pushed = async () => (await shell('git rev-parse HEAD')).trim() === (await cluster.git('rev-parse main'));
const banner = () => shell('echo BANNER=Other >>overlays/dev/consumer.env; commit -am Banner');
const rendered = () => readFile(join(sandbox.folder, '../cluster/rendered'), 'utf8').catch(() => '');

describe('npm run sync', () => {
  it('pushes, and waits until everything is at this commit', async () => {
    await banner();
    const { status, output } = await sync();
    expect(output).toMatch(/✓ pushed to minikube, branch main/);
    expect(output).toMatch(/✓ every environment at [0-9a-f]+ and healthy/);
    expect(output).toMatch(/✓ \d+ s from the push until all was healthy\n$/);
    expect(status).toBe(0);
    expect(await pushed()).toBe(true);
  });

  it('says what Argo CD needs first', async () => {
    await cluster.set('url', '');
    const { status, output } = await sync();
    expect(output).toContain('Argo CD does not know this repository yet.\n  Run: ./bootstrap.sh');
    expect(status).toBe(1);
  });

  it.each([
    ['fix/x', 'git checkout --quiet -b fix/x', 'fix/x is not what is deployed: that is main.'],
    [
      'no branch',
      'git checkout --quiet --detach',
      'No branch, a detached HEAD, is not what is deployed: that is main.',
    ],
  ])('refuses %s, but on purpose', async (_, line, message) => {
    await shell(line);
    await banner();
    const { status, output } = await sync();
    expect(output).toContain(message);
    expect(output).toMatch(/To bring it there: git switch main && git merge \S+ && npm run sync/);
    expect(output).toContain('To deploy it as it is, to default dev prod, all of them: ON_PURPOSE=yes npm run sync');
    expect(status).toBe(1);
    expect(await pushed()).toBe(false);
    expect((await syncOnPurpose()).status).toBe(0);
    expect(await pushed()).toBe(true);
  });

  it('knows the branch by another name, where that was said', async () => {
    await shell('git checkout --quiet -b master; git config hello-world.branch master');
    await banner();
    expect((await sync()).status).toBe(0);
    expect(await cluster.git('branch --list master')).toBe('');
    await shell('git checkout --quiet main');
    expect((await sync()).output).toContain('main is not what is deployed: that is master.');
  });

  it('says how to go on where the branch that is deployed is gone', async () => {
    await shell('git branch --quiet -m main fix/x');
    const { status, output } = await sync();
    expect(output).toContain('The branch main, which is deployed, is not here any more.');
    expect(output).toContain('git config hello-world.branch fix/x && npm run sync');
    expect(status).toBe(1);
    await shell('git config hello-world.branch fix/x');
    expect((await sync()).status).toBe(0);
  });

  it('pushes to origin the branch that Argo CD reads there', async () => {
    await cluster.set('url', 'https://example.com/you/hello');
    await shell('git remote add origin ~/cluster/hello.git; git config hello-world.branch master');
    await banner();
    expect((await sync()).output).toContain('pushed to origin, branch main');
    expect(await pushed()).toBe(true);
  });

  it('refuses what cannot run, but on purpose', async () => {
    await shell(
      `sed 's/30002/30001/' overlays/dev/node-port.yaml >../new; cp ../new overlays/dev/node-port.yaml; commit -am x`,
    );
    const { status, output } = await sync();
    expect(output).toContain('✗ overlays/default and overlays/dev both have node port 30001.');
    expect(output).toContain('Nothing was pushed.');
    expect(output).toContain('ON_PURPOSE=yes npm run sync');
    expect(status).toBe(1);
    expect(await pushed()).toBe(false);
    expect((await syncOnPurpose()).status).toBe(0);
    expect(await pushed()).toBe(true);
  });

  it('says what is odd, and goes on', async () => {
    await shell('echo ENVIRONMENT=staging >>overlays/dev/consumer.env; commit -am x');
    const { status, output } = await sync();
    expect(output).toContain('! overlays/dev/consumer.env, line 3, calls it staging.');
    expect(status).toBe(0);
  });

  it('leaves no environment behind by accident', async () => {
    await shell('git rm -r --quiet overlays/dev; commit -m x');
    const { status, output } = await sync();
    expect(output).toContain(
      '! dev: its folder is gone. What runs in hello-dev goes on, unmanaged, with 958 messages, and nothing is deleted.\n',
    );
    expect(output).toContain('To remove it with its messages: npm run environment -- remove dev\n');
    expect(output).toMatch(/To take it back: git revert [0-9a-f]{7,}\n/);
    expect(output).toContain('To push it all the same: ON_PURPOSE=yes npm run sync');
    expect(status).toBe(1);
    // Whoever agrees sits at a terminal.
    expect((await sandbox.shell('echo y | clusters/minikube/scripts/commands/sync')).status).toBe(1);
    expect(await pushed()).toBe(false);
    expect((await syncOnPurpose()).status).toBe(0);
    expect(await pushed()).toBe(true);
  });

  it('only names what was left behind before', async () => {
    await cluster.run('old', 'http:30007', 3);
    await banner();
    const { status, output } = await sync();
    expect(output).toContain('! old: its folder is gone.');
    expect(output).toContain('with 3 messages');
    expect(status).toBe(0);
  });

  it('has the image of each overlay of the commit, and not of the working tree', async () => {
    await shell('set_overlay_tag dev 0123456789ab');
    expect((await sync()).status).toBe(0);
    await shell('commit -am Tag');
    const { status, output } = await sync();
    expect(output).toContain('no commit of this history has that content');
    expect(output).toContain('Nothing was pushed.');
    expect(status).toBe(1);
    expect(await pushed()).toBe(false);
  });

  it('says what is wrong when it does not become healthy', async () => {
    await cluster.set('applications/hello-dev', `abc Synced Degraded abc`);
    const { status, output } = await sandbox.shell('come_to() { all_at "$@"; }; wait_for_all');
    expect(output).toContain('Not every environment is at this commit and healthy.');
    expect(output).toContain('git revert HEAD && npm run sync');
    expect(status).toBe(1);
  });

  it.each(['Failed Degraded', 'Unknown Healthy', 'OutOfSync Degraded'])(
    'waits for no other environment that was not well before: %s',
    async (state) => {
      await cluster.set('applications/hello-prod', `abc ${state} abc`);
      await banner();
      const { status, output } = await sync();
      expect(output).toMatch(/✓ every environment but prod at [0-9a-f]+ and healthy/);
      expect(output).toContain(
        '! nobody waited for prod: not well before this push, which does not change it. See: ./bootstrap.sh status\n',
      );
      expect(output).toMatch(/✓ \d+ s from the push until all but prod was healthy\n/);
      expect(status).toBe(0);
    },
  );

  it('waits for what it changes, for what is on its way, and for all where nobody knows what is deployed', async () => {
    await cluster.set('applications/hello-prod', 'abc OutOfSync Progressing abc');
    await cluster.set('applications/hello-dev', 'abc Failed Degraded abc');
    await banner();
    expect(await shell('ill_before_push')).toBe('');
    await cluster.set('applications/hello-prod', 'abc Failed Degraded abc');
    expect(await shell('ill_before_push')).toBe('prod\n');
    expect(await shell('deployed_commit() { :; }; ill_before_push')).toBe('');
  });

  /** A colleague's clone, and what is done in it. */
  const elsewhere = (line: string) =>
    shell(`git clone --quiet ~/cluster/hello.git ~/other; cd ~/other; ${line}; git push --quiet`);

  it.each([
    ['is behind', ''],
    ['has other commits', 'echo BANNER=Other >>overlays/dev/consumer.env; commit -am Banner'],
  ])('makes nothing, and says how to go on, where this branch %s', async (_, line) => {
    await elsewhere('git rm -r --quiet overlays/dev; commit -m theirs; rm -r ~/cluster/namespaces/hello-dev');
    await shell(line);
    const { status, output } = await sync();
    expect(output).toContain('It was not pushed.');
    expect(output).toContain('git pull --rebase minikube main');
    expect(status).toBe(1);
    expect(await cluster.calls()).not.toMatch(/create|apply|image load/);
    expect(await shell('ls ~/cluster/namespaces')).toBe('hello-default\nhello-prod\n');
    expect((await syncOnPurpose()).status).toBe(1);
    expect(await cluster.calls()).not.toMatch(/create|apply/);
  });

  it('makes nothing for a remote that takes nothing', async () => {
    await shell('cp -r overlays/dev overlays/late; git add -A; commit -m Late');
    await shell('git config remote.minikube.url ../cluster/nowhere.git');
    expect((await syncOnPurpose()).output).toContain('It was not pushed.');
    expect(await cluster.calls()).not.toMatch(/create|apply/);
  });

  it('makes a namespace for a folder of the last commit, and for no other', async () => {
    await shell('cp -r overlays/dev overlays/mine; rm -r overlays/dev');
    await shell('rm -r ~/cluster/namespaces/hello-dev');
    await sync();
    expect(await shell('ls ~/cluster/namespaces')).toBe('hello-default\nhello-dev\nhello-prod\n');
  });

  it('makes for ./bootstrap.sh what is deployed, where this branch lacks a commit of that', async () => {
    await shell('cp -r overlays/dev overlays/late; git add -A; commit -m Late');
    expect(await shell('environments_to_fill')).toBe('default\ndev\nlate\nprod\n');
    await elsewhere('git rm -r --quiet overlays/dev; commit -m theirs');
    expect(await shell('environments_to_fill')).toBe('default\nprod\n');
    // Before Argo CD has compared anything.
    expect(await shell('applications() { :; }; environments_to_fill')).toBe('default\ndev\nlate\nprod\n');
  });
});

describe('npm run sync, with Kustomize', () => {
  beforeEach(() => cluster.giveKustomize());

  it('renders what has changed, as it was committed', async () => {
    await banner();
    await write('overlays/dev/error', 'not committed');
    expect((await sync()).status).toBe(0);
    expect(await rendered()).toBe('dev\n');
    expect(await shell('ls -d overlays/*/charts')).toBe('overlays/dev/charts\n');
  });

  it('renders everything when the base has changed, or nobody knows what', async () => {
    await shell('echo "# more" >>base/namespace.yaml; commit -am x');
    await sync();
    expect(await rendered()).toBe('default\ndev\nprod\n');
    expect(await shell('changed_environments ""; changed_environments HEAD^')).toBe('default\ndev\nprod\n'.repeat(2));
    await cluster.set('applications/hello', `${'f'.repeat(40)} Synced Healthy abc`);
    expect(await shell('deployed_commit')).toBe('');
  });

  it('renders nothing where nothing has changed', async () => {
    await sync();
    expect(await rendered()).toBe('');
  });

  it('refuses what cannot be rendered, but on purpose', async () => {
    await write('overlays/dev/error', 'no such file');
    await shell('git add -A; commit -m x');
    const { status, output } = await sync();
    expect(output).toContain('✗ overlays/dev does not render: Error: overlays/dev: no such file');
    expect(output).toContain('Nothing was pushed.');
    expect(status).toBe(1);
    expect(await pushed()).toBe(false);
    expect((await syncOnPurpose()).status).toBe(0);
  });

  it('refuses what lands elsewhere', async () => {
    await shell('cp overlays/prod/manifests overlays/dev; commit -am x');
    const { status, output } = await sync();
    expect(output).toContain('✗ overlays/dev renders Secret/a into hello-prod');
    expect(status).toBe(1);
  });

  it('goes on when the chart cannot be had, and not when there is none', async () => {
    await write('overlays/dev/error', `unable to run: 'helm pull x': no such host`);
    await shell('git add -A; commit -m x');
    const { status, output } = await sync();
    expect(output).toContain('! overlays/dev was not rendered here: its chart cannot be had.');
    expect(status).toBe(0);
    await write('overlays/dev/error', `unable to run: 'helm pull x': kafka:99.0.0: not found`);
    await shell('commit -am x');
    expect((await sync()).output).toContain('does not render');
  });
});

describe('npm run diff', () => {
  const diff = (...args: string[]) => sandbox.run('clusters/minikube/scripts/commands/diff', ...args);
  beforeEach(() => cluster.giveKustomize());

  it('says that nothing is different', async () => {
    await cluster.set('resources/hello-dev', 'Secret/a\n');
    expect(await diff()).toEqual({
      status: 0,
      output: '✓ default: no difference\n✓ dev: no difference\n✓ prod: no difference\n',
    });
  });

  it('shows what is different, and what a push removes', async () => {
    await shell('echo "# changed" >>overlays/prod/manifests');
    await cluster.set('resources/hello-dev', 'Secret/a\nSecret/b\n');
    const { status, output } = await diff();
    expect(output).toBe('✓ default: no difference\ndev\nremoved: Secret/b\nprod\nwhat is changed\n');
    expect(status).toBe(1);
    expect((await diff('default')).status).toBe(0);
  });

  it('names first what would run on without a folder', async () => {
    await shell('rm -r overlays/dev');
    const { status, output } = await diff();
    expect(output).toContain('! dev: its folder is gone. What runs in hello-dev goes on, unmanaged, with 958 messages');
    expect(output).toContain('To take it back: git checkout HEAD -- overlays/dev\n');
    expect(output).toContain('✓ prod: no difference');
    expect(status).toBe(1);
    const one = await diff('dev');
    expect(one.output).toContain('! dev: its folder is gone.');
    expect(one.status).toBe(1);
    expect((await diff('prod')).status).toBe(0);
    expect((await diff('nowhere')).output).toContain('There is no environment nowhere.');
  });

  it('says what cannot run, also before it is committed, and touches no index', async () => {
    await shell('cp -r overlays/dev overlays/dev3');
    const { status, output } = await diff();
    expect(output).toContain('✗ overlays/dev3 renders into hello-dev, the namespace of overlays/dev');
    expect(status).toBe(1);
    expect(await shell('git status --porcelain')).toBe('?? overlays/dev3/\n');
  });

  it('shows what a push makes of one that never ran', async () => {
    await sandbox.run('clusters/minikube/scripts/commands/environment', 'add', 'staging');
    const { status, output } = await diff('staging');
    expect(output).toContain('staging does not run yet; a push makes:\n  + Secret/a\n');
    expect(status).toBe(1);
  });

  it('compares one that Argo CD does not know', async () => {
    await sandbox.run('clusters/minikube/scripts/commands/environment', 'add', 'staging');
    await write('overlays/staging/manifests', 'kind: Secret\nmetadata:\n  name: changed\n');
    await shell('mkdir ~/cluster/namespaces/hello-staging');
    const { status, output } = await diff('staging');
    expect(output).toBe('staging\nwhat is changed\n');
    expect(status).toBe(1);
  });

  it('goes on after one that cannot be rendered', async () => {
    await write('overlays/default/error', 'no such file');
    const { status, output } = await diff();
    expect(output).toContain('no such file');
    expect(output).toContain('✗ default cannot be rendered');
    expect(output).toContain('✓ prod: no difference');
    expect(status).toBe(1);
  });
});
