import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { kubectl, newest, until } from '../testing/cluster.ts';
import { Visitor } from '../../../../apps/consumer/testing/visitor.ts';
import { since, type Story, URLS } from '../testing/story.ts';

const commands = 'clusters/minikube/scripts/commands';
const TRY = 'http://try.localhost:8000';

/** From a change of code to an environment that runs it. */
export const ship = (story: Story): void => {
  const change = (text: string) =>
    appendFile(join(story.clone.folder, 'apps/consumer/src/page/time.ts'), `// ${text}\n`);
  const image = (environment: string) =>
    kubectl(
      ...['-n', `hello-${environment}`, 'get', 'deployment', 'consumer'],
      ...['-o', 'jsonpath={.spec.template.spec.containers[0].image}'],
    );

  it('brings a change of code to dev with one command, and open pages offer to reload', async () => {
    const { clone } = story;
    const { page } = await story.open(URLS.dev);
    await page.locator('#pill[data-state=live]').waitFor();
    await change('shipped');
    await appendFile(
      join(clone.folder, 'apps/consumer/src/page/style.css'),
      '/* shipped */\n.shipped { color: red; }\n',
    );
    await clone.commit('Change code');
    const before = await image('prod');
    const began = performance.now();
    const printed = await clone.run(`${commands}/ship`);
    expect(printed).toMatch(/✓ \d+ s: dev runs [0-9a-f]{12}, http:\/\/localhost:8002/);
    await page.getByRole('region', { name: 'New version' }).waitFor({ timeout: 60_000 });
    story.figures['code committed -> npm run ship -> seen in dev'] = since(began);
    expect(await image('prod')).toBe(before);
  });

  it('promotes what dev runs well, and nothing else', async () => {
    const { clone } = story;
    await clone.edit('overlays/dev/kustomization.yaml', /newTag: .*/, "newTag: '0123456789ab'");
    await clone.commit('Name an image that dev does not run');
    await expect(clone.run(`${commands}/promote`, 'dev', 'default')).rejects.toThrow(/default stays as it is/);
    await clone.git('reset', '--quiet', '--hard', 'HEAD~1');
    expect(await clone.run(`${commands}/promote`, 'dev', 'default')).toContain('from dev to default');
    await clone.git('reset', '--quiet', '--hard', 'HEAD~1');
  });

  it('tries what is not committed in an environment of its own, and leaves the others alone', async () => {
    const { clone } = story;
    await change('tried');
    const main = await kubectl(
      '-n',
      'argocd',
      'exec',
      'deploy/git',
      '--',
      'git',
      '-C',
      '/git/hello.git',
      'rev-parse',
      'main',
    );
    const began = performance.now();
    await clone.run(`${commands}/try`);
    story.figures['npm run try -> live, the first time'] = since(began);
    await until('its page', 30, async () => (await newest(new Visitor(TRY))).environment === 'try');
    expect(await image('try')).not.toBe(await image('dev'));
    // It is in nobody's way.
    await clone.git('checkout', '--quiet', 'apps');
    expect(await clone.run(`${commands}/sync`)).not.toContain('try');
    expect(
      await kubectl('-n', 'argocd', 'exec', 'deploy/git', '--', 'git', '-C', '/git/hello.git', 'rev-parse', 'main'),
    ).toBe(main);
    await clone.run(`${commands}/try`, '--end');
    expect(await kubectl('get', 'namespaces', '-o', 'name')).not.toContain('hello-try');
  });
};
