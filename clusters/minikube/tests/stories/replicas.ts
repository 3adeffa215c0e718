import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { Crowd } from '../../../../apps/faults/testing/crowd.ts';
import { judgeOffsets, total } from '../../../../apps/faults/testing/ledger.ts';
import { type Clone, healthyAt, kubectl, until } from '../testing/cluster.ts';
import { NAMES, since, type Story } from '../testing/story.ts';

const SOCKETS = 200;
const OFTEN = 'WAIT_MIN_SECONDS=0.1\nWAIT_MAX_SECONDS=0.2\n';
const AUTOSCALER = { kind: 'HorizontalPodAutoscaler', name: 'consumer' };

interface Kustomization {
  components?: string[];
  patches?: { target?: { kind: string } }[];
}

/**
 * Commits that dev's autoscaler is to keep so many consumers, whatever they do: then it needs no metrics. @returns the
 * commit.
 */
const scale = async (clone: Clone, count: number): Promise<string> => {
  const file = join(clone.folder, 'overlays/dev/kustomization.yaml');
  const { components = [], patches = [], ...rest } = parse(await readFile(file, 'utf8')) as Kustomization;
  const more = ['../../base/replicated', '../../base/autoscaled'];
  const others = patches.filter(({ target }) => target?.kind !== AUTOSCALER.kind);
  const bounds = ['minReplicas', 'maxReplicas'].map((name) => ({ op: 'replace', path: `/spec/${name}`, value: count }));
  const changed = {
    ...rest,
    components: [...new Set([...components, ...more])],
    patches: [...others, { target: AUTOSCALER, patch: stringify(bounds) }],
  };
  await writeFile(file, stringify(changed));
  return clone.push(`Have ${count} consumers in dev`);
};

/** Waits until dev has so many consumers, all of them ready, and none that is on its way out. */
const consumers = (count: number): Promise<true> =>
  until(`${count} consumers in dev`, 120, async () => {
    const ready = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status} {end}';
    const args = ['get', 'pods', '-l', 'app.kubernetes.io/name=consumer', '-o', `jsonpath=${ready}`];
    return (await kubectl('-n', 'hello-dev', ...args)) === Array(count).fill('True').join(' ');
  });

const connections = (crowd: Crowd): number[] => crowd.watchers.map((watcher) => watcher.connections);

/** The number of consumers changes, and nobody who watches notices. */
export const replicas = (story: Story): void => {
  it(`goes from one consumer to four and back under ${SOCKETS} clients, and nobody misses a message or gets one twice`, async () => {
    const { clone, figures } = story;
    const before = await clone.git('rev-parse', 'HEAD');
    const crowd = new Crowd({ size: SOCKETS, url: () => NAMES.dev, topic: 'hello-world' });
    await crowd.until('see a message', ({ last }) => last !== undefined);
    await appendFile(join(clone.folder, 'overlays/dev/producer.env'), OFTEN);
    let began = performance.now();
    const four = await scale(clone, 4);
    await consumers(4);
    figures['one consumer -> four, by a push'] = since(began);
    await healthyAt(four, ['dev']);

    // Who is connected stays where it is. Who comes anew comes to any of them.
    const atOne = connections(crowd);
    for (const watcher of crowd.watchers) watcher.drop();
    await crowd.until('come anew', (watcher) => watcher.connections > atOne[crowd.watchers.indexOf(watcher)]!);

    const atFour = connections(crowd);
    began = performance.now();
    const one = await scale(clone, 1);
    await consumers(1);
    figures['four consumers -> one, by a push'] = since(began);
    // By now the autoscaler has looked for metrics that no cluster of these tests has.
    await healthyAt(one, ['dev']);
    await crowd.seesWhatWasSaidAfter(Date.now(), ['dev']);
    const last = crowd.watchers[0]!.last!;
    await crowd.sees(last);

    const moved = connections(crowd).filter((count, index) => count > atFour[index]!).length;
    expect(moved).toBeGreaterThan(SOCKETS / 2);
    // Nobody was away for long: whatever a gap would excuse is lost.
    expect(crowd.watchers.filter(({ gaps, restarts }) => gaps + restarts > 0)).toEqual([]);
    const faults = total(crowd.watchers.map((watcher) => judgeOffsets(watcher, last.offset)));
    expect(faults).toEqual({ lost: 0, doubled: 0, disordered: 0 });
    figures[`clients of ${SOCKETS} that had to go to another consumer, none missed a message`] = {
      measured: moved,
      unit: '',
    };

    crowd.leave();
    await clone.git('revert', '--no-edit', `${before}..HEAD`);
    await clone.git('push', '--quiet', 'minikube');
    await healthyAt(await clone.git('rev-parse', 'HEAD'), ['dev']);
  });
};
