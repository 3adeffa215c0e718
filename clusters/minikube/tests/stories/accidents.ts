import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Visitor } from '../../../../apps/consumer/testing/visitor.ts';
import { healthyAt, kubectl, kubectlWith, newest, until } from '../testing/cluster.ts';
import { type Story, timed, URLS } from '../testing/story.ts';

const environments = 'clusters/minikube/scripts/commands/environment';
const diff = 'clusters/minikube/scripts/commands/diff';
const sync = 'clusters/minikube/scripts/commands/sync';

/** No push and no slip of the hand destroys messages. */
export const accidents = (story: Story): void => {
  const push = (...args: string[]) => story.clone.git('push', '--quiet', ...args, 'minikube');
  const commit = (message: string) => story.clone.commit(message);
  const back = () => story.clone.git('reset', '--quiet', '--hard', 'HEAD~1');

  it('loses nothing when a folder is removed, pushed, and put back', async () => {
    const { clone } = story;
    const dev = new Visitor(URLS.dev);
    const before = await newest(dev);
    await clone.git('rm', '-r', '--quiet', 'overlays/dev');
    await expect(clone.run(diff)).rejects.toThrow(/dev: its folder is gone.*messages/s);
    await commit('Remove dev by accident');
    await expect(clone.run(sync)).rejects.toThrow(/dev.*messages/s);
    await push();
    await until(
      'dev is no application any more',
      60,
      async () => !(await kubectl('-n', 'argocd', 'get', 'applications', '-o', 'name')).includes('hello-dev'),
    );
    // It goes on, unmanaged, and is named.
    await until('another message', 30, async () => (await newest(dev)).offset > before.offset);
    const status = await clone.run('bootstrap.sh', 'status');
    expect(status).toMatch(/dev .*no folder/);
    expect(status).toContain('npm run environment -- remove dev');
    const { offset } = await newest(dev);
    await clone.git('revert', '--no-edit', 'HEAD');
    await push();
    await timed(story, 'folder removed by accident, put back -> in sync, nothing lost', async () =>
      healthyAt(await clone.git('rev-parse', 'HEAD')),
    );
    const { messages } = (await (await dev.get('/api/topics/hello-world/messages?limit=500')).json()) as {
      messages: { offset: number }[];
    };
    expect(messages.map((message) => message.offset)).toContain(offset);
  });

  it.for([
    [
      'a copy whose namespace was forgotten',
      'dev3',
      /overlays\/dev3 renders into hello-dev, the namespace of overlays\/dev/,
    ],
    ['a name that is none', 'Upper', /overlays\/Upper/],
    ['a name that is too long', 'a'.repeat(60), /60 characters/],
  ] as const)('refuses a push with %s', async ([, name, refusal]) => {
    const { clone } = story;
    await cp(join(clone.folder, 'overlays/dev'), join(clone.folder, 'overlays', name), { recursive: true });
    await commit(`Add ${name}`);
    await expect(push()).rejects.toThrow(refusal);
    await back();
  });

  it("refuses in the cluster, too, what lands in another folder's namespace", async () => {
    const object = (application: string) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: 'stray',
          namespace: 'hello-dev',
          annotations: { 'argocd.argoproj.io/tracking-id': `${application}:/ConfigMap:hello-dev/stray` },
        },
      });
    const apply = (application: string) => kubectlWith(object(application), 'apply', '--dry-run=server', '-f', '-');
    await expect(apply('hello-dev3')).rejects.toThrow(
      /overlays\/dev3 renders into hello-dev, the namespace of overlays\/dev/,
    );
    expect(await apply('hello-dev')).toContain('stray');
  });

  it('deploys one branch, and another on purpose only', async () => {
    const { clone } = story;
    await clone.git('switch', '--quiet', '--create', 'fix/x');
    await clone.git('commit', '--quiet', '--allow-empty', '--message', 'Not ready');
    await expect(push()).rejects.toThrow(/this is fix\/x.*ON_PURPOSE=yes git push minikube/s);
    await expect(clone.run(sync)).rejects.toThrow(/fix\/x/);
    await clone.git('switch', '--quiet', '-');
    await clone.git('branch', '--quiet', '-D', 'fix/x');
  });

  it('takes back what is deployed on purpose only', async () => {
    const { clone } = story;
    const head = await clone.git('rev-parse', 'HEAD');
    await clone.git('reset', '--quiet', '--hard', 'HEAD~1');
    await expect(push('--force')).rejects.toThrow(
      /take back what is deployed: 1 of its commits.*ON_PURPOSE=yes git push --force minikube/s,
    );
    await clone.git('reset', '--quiet', '--hard', head);
  });

  it('goes on with what runs when an image is named that does not exist', async () => {
    const { clone } = story;
    const pods = () =>
      kubectl(
        '-n',
        'hello-dev',
        'get',
        'pods',
        '-l',
        'app.kubernetes.io/name=producer',
        '-o',
        'jsonpath={.items[*].metadata.uid}',
      );
    // What was pushed before may still be on its way to the producer, which comes after the consumer. How the last
    // operation ended does not matter, and an Application that was made anew while all was in sync had none yet.
    await healthyAt(await clone.git('rev-parse', 'HEAD'), ['dev']);
    const operation = '{.operation}{.status.operationState.phase}';
    const state = () => kubectl('-n', 'argocd', 'get', 'application', 'hello-dev', '-o', `jsonpath=${operation}`);
    await until('dev to be at rest', 120, async () => /^(|Succeeded|Failed|Error)$/.test(await state()));
    const before = await pods();
    const { offset } = await newest(new Visitor(URLS.dev));
    await clone.edit('overlays/dev/kustomization.yaml', /newTag: .*/, "newTag: '0123456789ab'");
    await commit('Name an image that does not exist');
    await push();
    const status = await until('the reason in the status', 60, async () => {
      const text = await clone.run('bootstrap.sh', 'status');
      return text.includes('0123456789ab') && /ErrImageNeverPull/.test(text) && text;
    });
    expect(status).toMatch(/hello-dev: pod consumer-.*ErrImageNeverPull/);
    expect(await pods()).toBe(before);
    // A push that mends nothing begins the operation anew.
    await clone.git('commit', '--quiet', '--allow-empty', '--message', 'Mend nothing');
    await push();
    const waiting = `${await clone.git('rev-parse', 'HEAD')} waiting for healthy state of apps/Deployment/consumer`;
    const revision = '{.status.operationState.operation.sync.revision}';
    const message = '{.status.operationState.message}';
    await until('the operation of the second push', 60, async () => {
      const args = ['get', 'application', 'hello-dev', '-o', `jsonpath=${revision} ${message}`];
      return (await kubectl('-n', 'argocd', ...args)) === waiting;
    });
    expect(await pods()).toBe(before);
    await until('another message', 30, async () => (await newest(new Visitor(URLS.dev))).offset > offset);
    await clone.git('revert', '--no-edit', 'HEAD~1');
    await push();
    await timed(story, 'good push after an image that does not exist -> healthy', async () =>
      healthyAt(await clone.git('rev-parse', 'HEAD')),
    );
  });

  it('removes an environment on purpose, after saying what goes', async () => {
    const { clone } = story;
    await clone.run(environments, 'add', 'staging', '--from', 'dev');
    await timed(story, 'npm run environment -- add staging, npm run sync -> live', () => clone.run(sync));
    const page = await until('its page', 60, async () => newest(new Visitor('http://staging.localhost:8000')));
    expect(page.environment).toBe('staging');
    await expect(clone.run(environments, 'remove', 'staging')).rejects.toThrow(/--yes/);
    const printed = await timed(story, 'npm run environment -- remove staging', () =>
      clone.run(environments, 'remove', 'staging', '--yes'),
    );
    expect(printed).toMatch(/staging.*\d+ messages?/s);
    expect(await kubectl('get', 'namespaces', '-o', 'name')).not.toContain('hello-staging');
  });
};
