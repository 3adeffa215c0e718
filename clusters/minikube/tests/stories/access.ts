import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { signIn } from '../../../../apps/consumer/testing/browser.ts';
import { Client } from '../../../../apps/consumer/testing/client.ts';
import { Visitor } from '../../../../apps/consumer/testing/visitor.ts';
import { kubectl, newest, until } from '../testing/cluster.ts';
import { ALL_MESSAGES, inSeconds, since, type Story, URLS } from '../testing/story.ts';

const users = 'clusters/minikube/scripts/commands/users';
/** So many that each of the two replicas has some: that one has none is as likely as 1 in 2,048. */
const SOCKETS = 12;

/** How many live clients each replica of prod has. */
const clientsOfReplicas = async (): Promise<number[]> => {
  const pods = await kubectl('-n', 'hello-prod', 'get', 'pods', '-l', 'app.kubernetes.io/name=consumer', '-o', 'name');
  return Promise.all(
    pods.split('\n').map(async (pod) => {
      const path = `/api/v1/namespaces/hello-prod/pods/${pod.replace('pod/', '')}:9090/proxy/metrics`;
      return Number(/^live_clients (\d+)$/m.exec(await kubectl('get', '--raw', path))?.[1]);
    }),
  );
};

/** Watches a Secret of prod. @returns once it does; `changed` resolves with the moment of the first change. */
const watch = async (name: string): Promise<{ changed: Promise<number> }> => {
  const watching = spawn('kubectl', [
    ...['--context', 'hello', '-n', 'hello-prod'],
    ...['get', 'secret', name, '--watch', '-o', 'name'],
  ]);
  const lines = createInterface(watching.stdout);
  await once(lines, 'line');
  const changed = once(lines, 'line').then(() => {
    const now = performance.now();
    watching.kill();
    return now;
  });
  return { changed };
};

/** prod shows its messages to whom it knows. */
export const access = (story: Story): void => {
  it('answers a stranger with 401, and plain http with a redirect', async () => {
    const stranger = new Visitor(URLS.prod);
    const answer = await stranger.get(ALL_MESSAGES);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const plain = await fetch('http://localhost:8003/', { redirect: 'manual' });
    expect([plain.status, plain.headers.get('location')]).toEqual([308, `${URLS.prod}/`]);
    const client = new Client(URLS.prod);
    await client.until(({ refusal }) => refusal !== undefined);
    expect(client.refusal?.data).toEqual({ status: 401 });
  });

  it('lets the first account in, by the page', async () => {
    const { page, complaints } = await story.open(URLS.prod, { ignoreHTTPSErrors: true });
    await signIn(page, story.first);
    await page.waitForFunction(() => document.querySelectorAll('#rows > .row').length > 0);
    expect(complaints).toEqual([]);
  });

  it('cuts off who is revoked, on every replica, and sends nothing after that', async () => {
    const added = await story.clone.run(users, 'add', 'ann', 'hello-world', '--env', 'prod');
    const password = /password: (\S+)/.exec(added)![1]!;
    const ann = new Visitor(URLS.prod);
    expect((await ann.signIn('ann', password)).status).toBe(204);
    expect((await ann.get(ALL_MESSAGES)).status).toBe(200);
    const { page } = await story.open(URLS.prod, { ignoreHTTPSErrors: true });
    await signIn(page, { account: 'ann', password });
    await page.locator('#pill[data-state=live]').waitFor();

    const clients = Array.from({ length: SOCKETS }, () => new Client(URLS.prod, {}, { cookie: ann.cookie }));
    const cuts = clients.map(async (client) => {
      await client.until(({ catchUps }) => catchUps.length > 0);
      client.socket.io.reconnection(false);
      await new Promise((resolve) => client.socket.once('disconnect', resolve));
      return performance.now();
    });
    await Promise.all(clients.map((client) => client.until(({ catchUps }) => catchUps.length > 0)));
    expect(Math.min(...(await clientsOfReplicas()))).toBeGreaterThan(0);

    const { changed } = await watch('accounts');
    const began = performance.now();
    const revoked = story.clone.run(users, 'revoke', 'ann', '--env', 'prod');
    const last = Math.max(...(await Promise.all(cuts)));
    story.figures['revoke -> every socket of every replica cut'] = inSeconds(last - (await changed));
    story.figures['npm run users -- revoke -> every socket cut'] = since(began);
    expect(last - (await changed)).toBeLessThan(5_000);
    expect(await revoked).toMatch(/prod has it, 2 replicas/);

    const had = clients.map(({ messages }) => messages.length);
    const root = new Visitor(URLS.prod);
    await root.signIn(story.first.account, story.first.password);
    const { offset } = await newest(root);
    await until('another broadcast', 30, async () => (await newest(root)).offset > offset);
    expect(clients.map(({ messages }) => messages.length)).toEqual(had);
    // That there is such a topic is not hers to know either.
    expect((await ann.get(ALL_MESSAGES)).status).toBe(404);
    expect(await page.locator('#pill').getAttribute('data-state')).not.toBe('live');
    await story.clone.run(users, 'remove', 'ann', '--env', 'prod');
    expect((await ann.get(ALL_MESSAGES)).status).toBe(401);
  });

  it('has no accounts in an open environment, and says so', async () => {
    await expect(story.clone.run(users, 'list', '--env', 'dev')).rejects.toThrow('dev has no accounts');
    expect(await story.clone.run(users, 'list', '--env', 'prod')).toContain(story.first.account);
  });
};
