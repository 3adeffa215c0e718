import { expect, it } from 'vitest';
import { Visitor } from '../../../../apps/consumer/testing/visitor.ts';
import { application, ENVIRONMENTS, healthyAt, kubectl, newest, secret, until } from '../testing/cluster.ts';
import { firstAccount, type Story, timed, URLS } from '../testing/story.ts';

const uid = (...what: string[]) => kubectl('get', ...what, '-o', 'jsonpath={.metadata.uid}');
const remove = (...what: string[]) => kubectl('delete', '--wait=false', ...what);

/** What is deleted by hand, and what brings it back. The same table is in docs/operations.md. */
export const deleted = (story: Story): void => {
  const head = () => story.clone.git('rev-parse', 'HEAD');
  const comesBack = async (...what: string[]) => {
    const before = await uid(...what);
    await remove(...what);
    await until(`${what.join(' ')} back`, 120, async () => (await uid(...what)) !== before);
  };

  it.for([
    ['an Application', ['-n', 'argocd', 'application', 'hello-dev']],
    ['the ApplicationSet', ['-n', 'argocd', 'applicationset', 'environments']],
    ['a Deployment', ['-n', 'hello-dev', 'deployment', 'consumer']],
    ['a ConfigMap of the chart', ['-n', 'hello-dev', 'configmap', 'kafka-controller-configuration']],
    ["Kafka's StatefulSet", ['-n', 'hello-dev', 'statefulset', 'kafka-controller']],
  ] as const)('brings back by itself %s that was deleted, and no message is gone', async ([what, names]) => {
    const before = await newest(new Visitor(URLS.dev));
    await timed(story, `${what} deleted -> back`, () => comesBack(...names));
    await healthyAt(await head());
    const after = await until('the page', 60, async () => newest(new Visitor(URLS.dev)));
    expect(after.offset).toBeGreaterThanOrEqual(before.offset);
  });

  it.for([
    ['hello-dev', /npm run environment -- remove dev/],
    ['argocd', /\.\/bootstrap\.sh down/],
  ] as const)('refuses to delete the namespace %s by accident, and says how it is done', async ([namespace, how]) => {
    await expect(remove('namespace', namespace)).rejects.toThrow(how);
  });

  it("refuses to delete Kafka's disk by accident, one or all", async () => {
    await expect(remove('-n', 'hello-dev', 'pvc', 'data-kafka-controller-0')).rejects.toThrow(
      /environment -- remove dev/,
    );
    await expect(remove('-n', 'hello-prod', 'pvc', '--all')).rejects.toThrow(/environment -- remove prod/);
  });

  it('brings back with ./bootstrap.sh all that Argo CD cannot', async () => {
    const lost = [
      ['argocd', 'deployment/argocd-server'],
      ['argocd', 'application/hello'],
      ['argocd', 'secret/argocd-secret'],
      ['argocd', 'secret/argocd-initial-admin-secret'],
      ['argocd', 'secret/argocd-redis'],
      ['hello-prod', 'secret/kafka-tls'],
      ['hello-prod', 'secret/kafka-passwords'],
      ['hello-prod', 'secret/page-tls'],
      ['hello-prod', 'secret/session-keys'],
      ['hello-prod', 'secret/accounts'],
    ] as const;
    for (const [namespace, what] of lost) await remove('-n', namespace, what);
    await timed(story, 'up, after ten things were deleted', () => story.clone.run('bootstrap.sh'));
    for (const [namespace, what] of lost) expect(await uid('-n', namespace, what)).not.toBe('');
    await healthyAt(await head());
    // The consumers still had the accounts.
    const visitor = new Visitor(URLS.prod);
    expect((await visitor.signIn(story.first.account, story.first.password)).status).toBe(204);
    await until('prod live', 60, async () => (await newest(visitor)).offset >= 0);
  });

  it('signs everything anew where the authority was lost, and no message is gone', async () => {
    const visitor = new Visitor(URLS.prod);
    await visitor.signIn(story.first.account, story.first.password);
    const before = await newest(visitor);
    await remove('-n', 'argocd', 'secret/hello-world-ca');
    await story.clone.run('bootstrap.sh');
    story.trust();
    expect(await secret('hello-prod', 'kafka-tls', 'ca.crt')).toBe(await secret('argocd', 'hello-world-ca', 'ca.crt'));
    const again = new Visitor(URLS.prod);
    expect((await again.signIn(story.first.account, story.first.password)).status).toBe(204);
    await until('a newer message', 120, async () => (await newest(again)).offset > before.offset);
  });

  it('comes back empty when its namespace was deleted on purpose, and the accounts that went with it are named', async () => {
    for (const name of ['hello-dev', 'hello-prod']) {
      await kubectl('annotate', 'namespace', name, 'hello-world/remove=yes');
      await remove('namespace', name);
    }
    await until('both gone', 180, async () => {
      const there = await kubectl('get', 'namespaces', '-o', 'name');
      return !/hello-(dev|prod)$/m.test(there);
    });
    const printed = await timed(story, 'up, after two namespaces were deleted', () => story.clone.run('bootstrap.sh'));
    expect(printed).toContain('the accounts of prod were lost with its namespace');
    story.trust();
    story.first = firstAccount(printed);
    for (const name of ENVIRONMENTS)
      expect(await application(name)).toMatchObject({ sync: 'Synced', health: 'Healthy' });
  });
};
