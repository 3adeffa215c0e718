import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Sandbox } from './testing/sandbox.ts';

const root = join(import.meta.dirname, '../..');

/** A kubectl that can make a Secret of files without a cluster: this machine's, or the one of the packages. */
const findKubectl = (): string | undefined => {
  try {
    const find =
      'command -v kubectl || echo "$PWD/$(apps/service/node clusters/minikube/lib/unpack-kubectl.ts)/kubectl/kubectl"';
    const path = execFileSync('sh', ['-c', find], { cwd: root }).toString().trim();
    execFileSync(path, ['version', '--client']);
    return path;
  } catch {
    return undefined;
  }
};
const kubectl = findKubectl();

interface Secret {
  type: string;
  metadata: { namespace: string; annotations?: Record<string, string> };
  data: Record<string, string>;
}

describe.skipIf(kubectl === undefined)('the Secrets of a secured environment', () => {
  let sandbox: Sandbox;
  const cluster = () => join(sandbox.folder, '../cluster');
  const make = () => sandbox.shell('make_secrets');
  const names = () => readdir(cluster());
  const secret = async (name: string) => parse(await readFile(join(cluster(), name), 'utf8')) as Secret;
  const value = async (name: string, key: string) =>
    Buffer.from((await secret(name)).data[key] ?? '', 'base64').toString();
  const all = async () => Promise.all((await names()).map((name) => readFile(join(cluster(), name), 'utf8')));

  /** A cluster that is a folder of Secrets, each in a file. */
  beforeEach(async () => {
    sandbox = await Sandbox.create();
    await sandbox.giveAll();
    await mkdir(cluster());
    await sandbox.give(
      'kubectl',
      `[ "$1" != --context ] || shift 2
      case "$*" in
        *--dry-run=client* | *--local*) exec ${kubectl} "$@" ;;
        'get namespace '*) [ -f ~/cluster/namespace ] ;;
        *'get secrets -o name') cd ~/cluster; for name in *; do echo "secret/$name"; done ;;
        *'create -f -')
          manifest=$(cat)
          name=$(echo "$manifest" | sed -n 's/^  name: //p')
          [ "$name" != hello-prod ] || name=namespace
          [ ! -f ~/cluster/"$name" ] || exit 1
          echo "$manifest" >~/cluster/"$name" ;;
        *jsonpath={.data.*) sed -n "s/^  $(echo "$7" | sed 's/.*{.data.\\(.*\\)}/\\1/; s/[\\]//g'): //p" ~/cluster/"$5" ;;
        *'get secret '*) [ -f ~/cluster/"$5" ] ;;
        *'get deployment kafka-access'*) ;;
        *) echo "not expected: $*" >&2; exit 1 ;;
      esac`,
    );
  });
  afterEach(() => sandbox.remove());

  it('are these, in its namespace, which enforces what base/ says', async () => {
    expect(await make()).toMatchObject({ status: 0 });
    expect((await names()).sort()).toEqual(
      ['accounts', 'hello-world-ca', 'kafka-passwords', 'kafka-tls', 'namespace', 'page-tls', 'session-keys'].sort(),
    );
    expect((await secret('namespace')).metadata).toMatchObject({
      name: 'hello-prod',
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    });
    expect((await secret('hello-world-ca')).metadata.namespace).toBe('argocd');
    for (const name of ['accounts', 'kafka-passwords', 'kafka-tls', 'page-tls', 'session-keys'])
      expect((await secret(name)).metadata.namespace).toBe('hello-prod');
  });

  it('have what those who mount them read', async () => {
    await make();
    const keys = async (name: string) => Object.keys((await secret(name)).data).sort();
    expect(await keys('hello-world-ca')).toEqual(['ca.crt', 'ca.key']);
    expect(await keys('kafka-tls')).toEqual([
      'ca.crt',
      'keystore-password',
      'tls.crt',
      'tls.key',
      'truststore-password',
    ]);
    expect(await keys('page-tls')).toEqual(['tls.crt', 'tls.key']);
    expect((await secret('page-tls')).type).toBe('kubernetes.io/tls');
    const [producer, consumer] = [
      await value('kafka-passwords', 'producer'),
      await value('kafka-passwords', 'consumer'),
    ];
    expect(producer).toMatch(/^[0-9a-f]{48}$/);
    expect(consumer).not.toBe(producer);
    expect(await value('kafka-passwords', 'client-passwords')).toBe(`${producer},${consumer}`);
    expect(JSON.parse(await value('accounts', 'accounts.json'))).toEqual({ users: [] });
    const jwk = { kty: 'oct', kid: expect.stringMatching(/^[0-9a-f]{8}$/), k: expect.stringMatching(/^[\w-]{43}$/) };
    expect(JSON.parse(await value('session-keys', 'keys.json'))).toEqual({ keys: [jwk] });
    const authority = new X509Certificate(await value('hello-world-ca', 'ca.crt'));
    for (const name of ['kafka-tls', 'page-tls'])
      expect(new X509Certificate(await value(name, 'tls.crt')).checkIssued(authority)).toBe(true);
  });

  it('are made once', async () => {
    await make();
    const before = await all();
    expect(await make()).toMatchObject({ status: 0 });
    expect(await all()).toEqual(before);
  });

  it('are made alone where one is missing, by the same authority', async () => {
    await make();
    const before = await value('kafka-tls', 'tls.crt');
    await rm(join(cluster(), 'page-tls'));
    expect(await make()).toMatchObject({ status: 0 });
    expect(await value('kafka-tls', 'tls.crt')).toBe(before);
    const authority = new X509Certificate(await value('hello-world-ca', 'ca.crt'));
    expect(new X509Certificate(await value('page-tls', 'tls.crt')).checkIssued(authority)).toBe(true);
  });

  it('are none where no environment is secured', async () => {
    await sandbox.shell(
      "sed '/base.secured$/d' overlays/prod/kustomization.yaml >../new; cp ../new overlays/prod/kustomization.yaml",
    );
    expect(await make()).toMatchObject({ status: 0, output: '' });
    expect(await names()).toEqual([]);
  });

  it('are said when their certificates end soon', async () => {
    await make();
    expect((await sandbox.shell('say_ending')).output).toBe('');
    await rm(join(cluster(), 'page-tls'));
    await sandbox.shell('CERTIFICATE_DAYS=20; make_secrets');
    const { output } = await sandbox.shell('say_ending');
    expect(output).toMatch(
      /^! the certificate page-tls of prod ends \w{3} .*GMT\. Make a new one: \.\/bootstrap\.sh rotate\n$/,
    );
  });
});
