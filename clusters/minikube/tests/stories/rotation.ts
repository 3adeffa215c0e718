import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { Client } from '../../../../apps/consumer/testing/client.ts';
import { Visitor } from '../../../../apps/consumer/testing/visitor.ts';
import { application, kubectl, secret } from '../testing/cluster.ts';
import { askKafka } from '../testing/probe.ts';
import { ALL_MESSAGES, type Story, timed, URLS } from '../testing/story.ts';

const served = async (name: string) => new X509Certificate(await secret('hello-prod', name, 'tls.crt')).serialNumber;
const nodes = () =>
  kubectl(
    ...['-n', 'hello-prod', 'get', 'pods', '-l', 'app.kubernetes.io/name=kafka'],
    ...['-o', 'jsonpath={.items[*].metadata.uid}'],
  );

/** New certificates, passwords and keys, while everything goes on. */
export const rotation = (story: Story): void => {
  it('rotates, interrupted and finished, and nobody misses a message or gets one twice', async () => {
    const certificates = await Promise.all(['kafka-tls', 'page-tls'].map(served));
    const password = await secret('hello-prod', 'kafka-passwords', 'consumer');
    const before = (await nodes()).split(' ');
    const root = new Visitor(URLS.prod);
    await root.signIn(story.first.account, story.first.password);
    const client = new Client(URLS.prod, {}, { cookie: root.cookie });
    await client.until(({ messages }) => messages.length > 0);
    const first = client.offsets.at(-1)!;

    await timed(story, './bootstrap.sh rotate, interrupted and finished', async () => {
      const interrupted = story.clone.runWith({ stopAt: 'kafka-controller-2 restarted' }, 'bootstrap.sh', 'rotate');
      await expect(interrupted).rejects.toThrow('prod: Kafka has the new passwords');
      expect(await story.clone.run('bootstrap.sh', 'rotate')).toContain('prod: going on with the rotation of');
    });

    // The producer goes on with numbers that begin anew; each of its numbers is there, once.
    const count = client.messages.length;
    await client.until(({ messages }) => messages.length >= count + 2);
    const offsets = client.offsets.filter((offset) => offset >= first);
    expect(offsets).toEqual(Array.from(offsets, (_, index) => first + index));
    const sequences = client.messages.filter(({ offset }) => offset >= first).map(({ sequence }) => Number(sequence));
    for (const [index, sequence] of sequences.entries())
      expect([1, (sequences[index - 1] ?? sequence - 1) + 1]).toContain(sequence);
    story.figures['messages during the rotation, none lost, none twice'] = { measured: offsets.length, unit: '' };

    expect(await Promise.all(['kafka-tls', 'page-tls'].map(served))).not.toEqual(
      expect.arrayContaining([certificates[0]]),
    );
    expect((await nodes()).split(' ').filter((uid) => before.includes(uid))).toEqual([]);
    expect(await askKafka(password)).toMatchObject({ read: expect.stringMatching(/SASL/) });
    // Who was signed in still is, by the key before.
    expect((await root.get(ALL_MESSAGES)).status).toBe(200);
    expect(await application('prod')).toMatchObject({ sync: 'Synced', health: 'Healthy' });
  });
};
