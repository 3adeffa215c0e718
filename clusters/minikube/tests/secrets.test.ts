import { X509Certificate } from 'node:crypto';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { kubectl } from './testing/kubectl.ts';
import { Objects } from './testing/objects.ts';
import { Sandbox } from './testing/sandbox.ts';

const own = ['accounts', 'kafka-passwords', 'kafka-tls', 'page-tls', 'session-keys'];

describe.skipIf(kubectl === undefined)('the Secrets of a secured environment', () => {
  let sandbox: Sandbox;
  let cluster: Objects;
  const home = (name: string) => join(sandbox.folder, '..', name);
  const make = () => sandbox.shell('make_secrets $(environments)');
  const there = () => cluster.names('hello-prod/secret');
  const value = (name: string, key: string) => cluster.value(`hello-prod/secret/${name}`, key);
  const authority = async () => new X509Certificate(await cluster.value('argocd/secret/hello-world-ca', 'ca.crt'));
  const certificate = async (name: string) => new X509Certificate(await value(name, 'tls.crt'));
  const all = async () => {
    const secrets = await Promise.all((await there()).map((name) => cluster.get(`hello-prod/secret/${name}`)));
    return [...secrets, await cluster.get('argocd/secret/hello-world-ca')];
  };
  /** The same run with a program that does as it should but for some calls. */
  const broken = async (name: string, pattern: string) => {
    await sandbox.give(name, `case "$*" in ${pattern}) exit 1 ;; esac\nexec /usr/bin/${name} "$@"`);
    try {
      return await make();
    } finally {
      await sandbox.give(name);
    }
  };
  const restarts = async () => (await cluster.calls()).filter((call) => call.includes('rollout restart'));
  const putClients = async () => {
    for (const name of ['kafka-access', 'producer', 'consumer']) await cluster.put(`hello-prod/deployment/${name}`);
  };
  const allRestarted = [
    '-n hello-prod rollout restart deployment/kafka-access deployment/producer deployment/consumer',
  ];

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    await sandbox.giveAll();
    cluster = await Objects.in(sandbox);
    await make();
    await cp(home('cluster'), home('made'), { recursive: true });
  });
  beforeEach(async () => {
    await cluster.clear();
    // Nothing waits here but what says so.
    await sandbox.give('sleep', 'echo slept >>~/calls');
  });
  afterAll(() => sandbox.remove());

  /** The cluster after a first run, but for what is named. */
  const made = async (...without: string[]) => {
    await cp(home('made'), home('cluster'), { recursive: true });
    await cluster.put('cluster/namespace/hello-prod', { status: { phase: 'Active' } });
    for (const name of without) await cluster.remove(name.includes('/') ? name : `hello-prod/secret/${name}`);
  };

  describe('in an empty cluster', () => {
    it('are these, in its namespace, which enforces what base/ says', async () => {
      expect(await make()).toMatchObject({ status: 0 });
      expect(await there()).toEqual(own);
      expect(await cluster.names('argocd/secret')).toEqual(['hello-world-ca']);
      expect((await cluster.get('cluster/namespace/hello-prod')).metadata).toMatchObject({
        name: 'hello-prod',
        labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
      });
    });

    it('are made without waiting for anything that needs them', async () => {
      await make();
      const calls = await cluster.calls();
      expect(calls.filter((call) => /slept|rollout|wait|delete/.test(call))).toEqual([]);
      expect((await cluster.taken())[0]).toBe('create namespace/hello-prod');
      expect((await cluster.taken())[1]).toBe('create secret/hello-world-ca');
    });

    it('have what those who mount them read', async () => {
      await made();
      const keys = async (name: string) => Object.keys((await cluster.get(name)).data).sort();
      expect(await keys('argocd/secret/hello-world-ca')).toEqual(['ca.crt', 'ca.key']);
      expect(await keys('hello-prod/secret/kafka-tls')).toEqual([
        'ca.crt',
        'keystore-password',
        'tls.crt',
        'tls.key',
        'truststore-password',
      ]);
      expect(await keys('hello-prod/secret/page-tls')).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
      expect((await cluster.get('hello-prod/secret/page-tls')).type).toBe('kubernetes.io/tls');
      expect((await cluster.get('hello-prod/secret/kafka-tls')).type).toBe('Opaque');
      const [producer, consumer] = [
        await value('kafka-passwords', 'producer'),
        await value('kafka-passwords', 'consumer'),
      ];
      expect(producer).toMatch(/^[0-9a-f]{48}$/);
      expect(consumer).toMatch(/^[0-9a-f]{48}$/);
      expect(consumer).not.toBe(producer);
      expect(await value('kafka-passwords', 'client-passwords')).toBe(`${producer},${consumer}`);
      expect(await value('kafka-tls', 'keystore-password')).toMatch(/^[0-9a-f]{48}$/);
      expect(await value('kafka-tls', 'truststore-password')).toMatch(/^[0-9a-f]{48}$/);
      expect(await value('kafka-tls', 'ca.crt')).toBe(await cluster.value('argocd/secret/hello-world-ca', 'ca.crt'));
      expect(JSON.parse(await value('accounts', 'accounts.json'))).toEqual({ users: [] });
      const jwk = { kty: 'oct', kid: expect.stringMatching(/^[0-9a-f]{8}$/), k: expect.stringMatching(/^[\w-]{43}$/) };
      expect(JSON.parse(await value('session-keys', 'keys.json'))).toEqual({ keys: [jwk] });
      for (const name of ['kafka-tls', 'page-tls'])
        expect((await certificate(name)).checkIssued(await authority())).toBe(true);
    });

    it('are none where no environment is secured', async () => {
      const file = 'overlays/prod/kustomization.yaml';
      const { output, status } = await sandbox.shell(
        `cp ${file} ../kept; sed '/\\/secured$/d' ../kept >${file}; make_secrets $(environments); cp ../kept ${file}`,
      );
      expect({ output, status }).toEqual({ status: 0, output: '' });
      expect(await cluster.calls()).toEqual([]);
    });

    it.each([`'&'`, '"&"', '& # as in prod'])('are found where a component stands as %s', async (text) => {
      const file = 'overlays/prod/kustomization.yaml';
      const { output } = await sandbox.shell(
        `cp ${file} ../kept; sed 's|[.][.]/[.][.]/base/.*|'${JSON.stringify(text)}'|' ../kept >${file}; secrets_of prod | xargs -n 1; cp ../kept ${file}`,
      );
      expect(output.trim().split('\n').sort()).toEqual(own);
    });
  });

  describe('that are there', () => {
    it('stay as they are', async () => {
      await made();
      const before = await all();
      expect(await make()).toEqual({ status: 0, output: '' });
      expect(await all()).toEqual(before);
      expect(await cluster.taken()).toEqual([]);
    });

    it.each(own)('stay as they are where %s is missing, which is made', async (name) => {
      await made(name);
      const before = await all();
      expect(await make()).toMatchObject({ status: 0 });
      expect(await cluster.taken()).toEqual([`create secret/${name}`]);
      expect(await there()).toEqual(own);
      for (const secret of before) {
        const { namespace = '', name: kept } = secret.metadata;
        expect(await cluster.get(`${namespace}/secret/${kept}`)).toEqual(secret);
      }
      for (const signed of ['kafka-tls', 'page-tls'])
        expect((await certificate(signed)).checkIssued(await authority())).toBe(true);
    });
  });

  describe('are never of an authority that the cluster does not have', () => {
    it('when the cluster does not take it', async () => {
      await cluster.refuse('hello-world-ca');
      expect((await make()).status).toBe(1);
      expect(await there()).toEqual([]);
      await cluster.accept('hello-world-ca');
      expect((await make()).status).toBe(0);
      for (const name of ['kafka-tls', 'page-tls'])
        expect((await certificate(name)).checkIssued(await authority())).toBe(true);
    });

    it('when the one that is there cannot be seen just now', async () => {
      await made('page-tls');
      const before = await all();
      await cluster.on(`'get secret hello-world-ca'`, 'exit 1');
      expect((await make()).status).toBe(1);
      expect(await all()).toEqual(before);
    });

    it.each(['crt', 'key'])('when its %s cannot be read just now', async (part) => {
      await made('page-tls');
      const before = await all();
      await cluster.on(`*'jsonpath={.data.ca\\.${part}}'`, `[ "$3" = kafka-tls ] || error 'the connection was lost'`);
      expect((await make()).status).toBe(1);
      expect(await all()).toEqual(before);
    });

    it('when openssl cannot make one', async () => {
      const { status } = await broken('openssl', `'req -x509 '*`);
      expect(status).toBe(1);
      expect(await there()).toEqual([]);
      expect(await cluster.names('argocd/secret')).toEqual([]);
    });

    it('when kubectl cannot make a Secret of it', async () => {
      await cluster.refuse('nothing');
      const { status } = await sandbox.shell(
        `kube() { case "$*" in *'create secret generic hello-world-ca '*) return 1 ;; *) kubectl --context hello "$@" ;; esac; }
        make_secrets $(environments)`,
      );
      expect(status).toBe(1);
      expect(await there()).toEqual([]);
    });
  });

  describe('are not made by halves', () => {
    it.each([
      ['kafka-tls', 'openssl', `*/kafka-tls/tls.crt`],
      ['page-tls', 'openssl', `*/page-tls/tls.crt`],
      ['kafka-passwords', 'openssl', `'rand -hex 24'`],
      ['kafka-tls', 'openssl', `'rand -hex 24'`],
      ['kafka-tls', 'cp', `*/kafka-tls`],
    ])('%s where %s fails at %s', async (name, program, pattern) => {
      await made(name);
      expect((await broken(program, pattern)).status).not.toBe(0);
      expect(await there()).not.toContain(name);
      expect(await cluster.taken()).toEqual([]);
    });

    it.each(own)('%s where the cluster does not take it, which is said', async (name) => {
      await made(name);
      await cluster.refuse(name);
      const { status, output } = await make();
      expect(output).toContain(`secret ${name} is refused`);
      expect(status).toBe(1);
      expect(await restarts()).toEqual([]);
    });

    it('which is said of the first as of the last', async () => {
      await cluster.refuse('kafka-tls');
      expect((await make()).status).toBe(1);
    });

    it('and what is not theirs is left over nowhere', async () => {
      const { output } = await sandbox.shell(
        'TMPDIR=$HOME/keys; mkdir "$TMPDIR"; make_secrets $(environments) >&2; ls -A "$TMPDIR"',
      );
      expect(output).not.toMatch(/^hello-world\.\w+$/m);
    });
  });

  describe('of a cluster that does not answer', () => {
    const nothing = async () => {
      expect(await cluster.taken()).toEqual([]);
      const changes = (await cluster.calls()).filter((call) => /create|replace|delete|restart/.test(call));
      expect(changes).toEqual([]);
    };

    it('are not made, which is said', async () => {
      await cluster.silence();
      const { status, output } = await make();
      expect(status).toBe(1);
      expect(output).toContain('Unable to connect');
      await nothing();
    });

    it('for the list of them are not made, which is said', async () => {
      await made('accounts');
      await cluster.on(`'get secrets -o name'`, 'exit 1');
      expect((await make()).status).toBe(1);
      await nothing();
    });

    it.each(['kafka-tls', 'hello-world-ca'])('for %s are of no lost authority', async (name) => {
      await made();
      const before = await all();
      await cluster.on(`'get secret ${name} '*`, 'exit 1');
      expect((await make()).status).toBe(0);
      expect(await all()).toEqual(before);
      await nothing();
    });

    it('any more stay as they are', async () => {
      await made('kafka-passwords');
      const before = await all();
      await cluster.answer(`case "$*" in 'get secrets -o name') touch ~/silent ;; esac`);
      expect((await make()).status).toBe(1);
      expect(await all()).toEqual(before);
      expect(await cluster.taken()).toEqual([]);
    });
  });

  describe("'s namespace", () => {
    it('is waited for while it is on its way out, and made anew', async () => {
      await cluster.put('cluster/namespace/hello-prod', { status: { phase: 'Terminating' } });
      // It is gone when it was asked for the third time.
      await sandbox.give(
        'sleep',
        'echo slept >>~/calls; [ "$(grep -c slept ~/calls)" -lt 3 ] || rm ~/cluster/cluster/namespace/hello-prod',
      );
      expect((await make()).status).toBe(0);
      const calls = await cluster.calls();
      const first = calls.findIndex((call) => /\bcreate\b/.test(call));
      expect(calls.slice(0, first).filter((call) => call === 'slept').length).toBe(3);
      expect((await cluster.taken())[0]).toBe('create namespace/hello-prod');
      expect(await there()).toEqual(own);
    });

    it('is not taken for gone where the cluster does not answer', async () => {
      await cluster.put('cluster/namespace/hello-prod', { status: { phase: 'Terminating' } });
      await cluster.answer(`case "$*" in *'-o name') error 'connection refused' ;; esac`);
      const { output } = await sandbox.shell('no_namespace hello-prod || echo "still there"');
      expect(output).toBe('still there\n');
    });

    it('is not made where the cluster does not answer', async () => {
      await cluster.silence();
      expect((await sandbox.shell('make_namespace hello-prod')).status).toBe(1);
      expect((await cluster.calls()).filter((call) => call.includes('create'))).toEqual([]);
    });

    it('that is not taken ends it', async () => {
      await cluster.refuse('hello-prod');
      expect((await make()).status).toBe(1);
      expect(await cluster.taken()).toEqual([]);
    });

    it('is made with those of all the others, and what is there stays', async () => {
      await cluster.put('cluster/namespace/hello-dev', { status: { phase: 'Active' } });
      expect((await sandbox.shell('make_namespaces $(environments)')).status).toBe(0);
      expect(await cluster.taken()).toEqual(['create namespace/hello-default', 'create namespace/hello-prod']);
    });

    it('is said not to be made, also where others are', async () => {
      await cluster.refuse('hello-default');
      expect((await sandbox.shell('make_namespaces $(environments)')).status).toBe(1);
    });
  });

  describe('new passwords', () => {
    const running = putClients;

    it('are given to a Kafka that runs', async () => {
      await made('kafka-passwords');
      await running();
      expect((await make()).status).toBe(0);
      expect(await restarts()).toEqual(allRestarted);
      const calls = await cluster.calls();
      expect(calls.findIndex((call) => call.endsWith('create -f -'))).toBeLessThan(calls.indexOf(allRestarted[0]!));
    });

    it('restart nothing where no Kafka is', async () => {
      await made('kafka-passwords');
      expect((await make()).status).toBe(0);
      expect(await restarts()).toEqual([]);
    });

    it.each(own.filter((name) => name !== 'kafka-passwords'))(
      'are none, and restart nothing, with a new %s',
      async (name) => {
        await made(name);
        await running();
        expect((await make()).status).toBe(0);
        expect(await restarts()).toEqual([]);
      },
    );

    it('that a Kafka cannot be given are said', async () => {
      await made('kafka-passwords');
      await running();
      await cluster.on(`'rollout restart '*`, 'exit 1');
      expect((await make()).status).toBe(1);
    });

    it('are said where whether Kafka runs cannot be seen', async () => {
      await made('kafka-passwords');
      await running();
      await cluster.on(`'get deployment kafka-access '*`, 'exit 1');
      expect((await make()).status).toBe(1);
    });
  });

  describe('accounts', () => {
    const mark = async () =>
      (await cluster.get('hello-prod/secret/accounts')).metadata.annotations?.['hello-world/first-account'];
    const had = () => cluster.put('argocd/configmap/hello-world-had-accounts', { data: { 'hello-prod': 'yes' } });
    const ann = '{"users":[{"name":"ann","password":"scrypt"}]}';
    /** Two that run: the first of them is open, of before the environment was secured. */
    const consumer = (says: string) =>
      cluster.answer(`case "$*" in
        'get pods -l app.kubernetes.io/name=consumer '*) printf '%s\\n' consumer-0 consumer-1; exit ;;
        'get pod consumer-0 '*) exit ;;
        'get pod consumer-1 '*) printf '%s\\n' page-tls accounts session-keys; exit ;;
        'exec consumer-1 '*accounts.json*) printf '%s' '${says}'; exit ;;
      esac`);

    it('of a consumer that runs are kept, and nobody is told of a first one', async () => {
      await made('accounts');
      await had();
      await consumer(ann);
      expect((await make()).status).toBe(0);
      expect(await value('accounts', 'accounts.json')).toBe(ann);
      expect(await mark()).toBe('made');
    });

    it('that nobody has had are wanted', async () => {
      await made('accounts');
      expect((await make()).status).toBe(0);
      expect(JSON.parse(await value('accounts', 'accounts.json'))).toEqual({ users: [] });
      expect(await mark()).toBe('wanted');
    });

    it('that are gone with their namespace are lost', async () => {
      await made('accounts');
      await had();
      expect((await make()).status).toBe(0);
      expect(JSON.parse(await value('accounts', 'accounts.json'))).toEqual({ users: [] });
      expect(await mark()).toBe('lost');
    });

    it.each(['', 'Error: no such file'])(
      'are not replaced while a consumer may have them, and says %j',
      async (text) => {
        await made('accounts');
        await consumer(text);
        const { status, output } = await make();
        expect(output).toContain('its consumers do not give what they have of them');
        expect(status).toBe(1);
        expect(await cluster.names('hello-prod/secret')).not.toContain('accounts');
      },
    );

    it.each(['page-tls\n', ''])(
      'are wanted where the consumers that run mount %j, so never had some',
      async (mounted) => {
        await made('accounts');
        await cluster.answer(`case "$*" in
        'get pods -l app.kubernetes.io/name=consumer '*) echo consumer-1; exit ;;
        'get pod consumer-1 '*) printf '%s' '${mounted}'; exit ;;
      esac`);
        expect((await make()).status).toBe(0);
        expect(JSON.parse(await value('accounts', 'accounts.json'))).toEqual({ users: [] });
        expect(await mark()).toBe('wanted');
      },
    );

    it('are not replaced while the cluster does not say what a consumer mounts', async () => {
      await made('accounts');
      await cluster.answer(`case "$*" in
        'get pods -l app.kubernetes.io/name=consumer '*) echo consumer-1; exit ;;
        'get pod consumer-1 '*) echo 'connection refused' >&2; exit 1 ;;
      esac`);
      expect((await make()).status).toBe(1);
      expect(await cluster.names('hello-prod/secret')).not.toContain('accounts');
    });

    it('are none where a consumer has none', async () => {
      await made('accounts');
      await consumer('{"users":[]}');
      expect((await make()).status).toBe(0);
      expect(JSON.parse(await value('accounts', 'accounts.json'))).toEqual({ users: [] });
      expect(await mark()).toBe('wanted');
    });

    it('of another environment are not of this one', async () => {
      await made('accounts');
      await cluster.put('argocd/configmap/hello-world-had-accounts', { data: { 'hello-staging': 'yes' } });
      await make();
      expect(await mark()).toBe('wanted');
    });

    it.each([
      ['yes', '{"data":{"hello-prod":"yes"}}'],
      ['no', '{"data":{"hello-prod":null}}'],
    ])('are noted outside of their namespace: %s', async (whether, patch) => {
      expect((await sandbox.shell(`note_accounts hello-prod ${whether}`)).status).toBe(0);
      expect(await cluster.calls()).toEqual([
        '-n argocd create configmap hello-world-had-accounts',
        `-n argocd patch configmap hello-world-had-accounts --type=merge -p ${patch}`,
      ]);
    });

    it('that cannot be noted are said', async () => {
      await cluster.on(`'patch configmap '*`, 'exit 1');
      expect((await sandbox.shell('note_accounts hello-prod yes')).status).toBe(1);
    });
  });

  describe('of a lost authority', () => {
    const another = async () => {
      await cluster.put('argocd/secret/hello-world-ca', {
        data: (await cluster.get('argocd/secret/hello-world-ca')).data,
      });
    };
    const lost = () => sandbox.shell('has_lost_authority hello-prod && echo lost || echo "as before"');
    const pods = `'get pods -l app.kubernetes.io/name=kafka '*) printf 'kafka-controller-%s\\n' 0 1 2; exit ;;`;
    const deletions = async () => (await cluster.calls()).filter((call) => call.includes('delete'));

    it('are known by the one of now', async () => {
      await made();
      expect((await lost()).output).toBe('as before\n');
      await another();
      expect((await lost()).output).toBe('as before\n');
      await cluster.put('argocd/secret/hello-world-ca', { data: { 'ca.crt': 'b3RoZXI=', 'ca.key': 'b3RoZXI=' } });
      expect((await lost()).output).toBe('lost\n');
      await cluster.remove('argocd/secret/hello-world-ca');
      expect((await lost()).output).toBe('lost\n');
    });

    it.each(['kafka-tls', 'argocd'])('are not known without %s', async (without) => {
      await made();
      await cluster.remove('argocd/secret/hello-world-ca');
      if (without === 'kafka-tls') await cluster.remove('hello-prod/secret/kafka-tls');
      else await cluster.on(`'get secret hello-world-ca '*`, 'exit 1');
      expect((await lost()).output).toBe('as before\n');
    });

    it('are signed anew, and all that use them begin anew; the others stay', async () => {
      await made('argocd/secret/hello-world-ca');
      const kept = ['accounts', 'kafka-passwords', 'session-keys'];
      const before = await Promise.all(kept.map((name) => cluster.get(`hello-prod/secret/${name}`)));
      await putClients();
      await cluster.answer(`case "$*" in ${pods} esac`);
      expect((await make()).status).toBe(0);
      for (const name of ['kafka-tls', 'page-tls'])
        expect((await certificate(name)).checkIssued(await authority())).toBe(true);
      expect(await value('kafka-tls', 'ca.crt')).toBe(await cluster.value('argocd/secret/hello-world-ca', 'ca.crt'));
      expect(await Promise.all(kept.map((name) => cluster.get(`hello-prod/secret/${name}`)))).toEqual(before);
      expect(await deletions()).toEqual(['-n hello-prod delete pods -l app.kubernetes.io/name=kafka --wait=false']);
      expect(await restarts()).toEqual(allRestarted);
      expect(await make()).toEqual({ status: 0, output: '' });
    });

    it('begin nothing anew where nothing runs', async () => {
      await made('argocd/secret/hello-world-ca');
      expect((await make()).status).toBe(0);
      expect(await deletions()).toEqual([]);
      expect(await restarts()).toEqual([]);
    });

    it.each(['page-tls', 'kafka-tls'])('are signed anew by the next run where %s was not', async (name) => {
      await made('argocd/secret/hello-world-ca');
      await putClients();
      await cluster.answer(`case "$*" in ${pods} esac`);
      await cluster.refuse(name);
      expect((await make()).status).toBe(1);
      expect(await deletions()).toEqual([]);
      await cluster.accept(name);
      expect((await make()).status).toBe(0);
      for (const one of ['kafka-tls', 'page-tls'])
        expect((await certificate(one)).checkIssued(await authority())).toBe(true);
      expect(await deletions()).toHaveLength(1);
      expect(await restarts()).toEqual(allRestarted);
    });

    it.each([`'delete pods '*`, `'rollout restart '*`])('are said where what uses them stays: %s', async (call) => {
      await made('argocd/secret/hello-world-ca');
      await putClients();
      await cluster.answer(`case "$*" in ${call}) exit 1 ;; ${pods} esac`);
      expect((await make()).status).toBe(1);
    });

    it.each([`'get pods '*`, `'get deployment '*`])(
      'are said where what uses them cannot be seen: %s',
      async (call) => {
        await made('argocd/secret/hello-world-ca');
        await putClients();
        await cluster.answer(`case "$*" in ${call}) exit 1 ;; ${pods} esac`);
        expect((await make()).status).toBe(1);
      },
    );
  });

  describe('from before environments had names', () => {
    const makeOld = () =>
      sandbox.shell(`
        write_old() { page_certificate "$PRIVATE/authority" "$PRIVATE/page-tls" another; }
        old() { fetch_authority && replace_secret hello-prod page-tls write_old ''; }
        private old`);

    it('have a new certificate for the page, and all else as it was', async () => {
      await made();
      expect((await makeOld()).status).toBe(0);
      const before = await all();
      expect((await make()).status).toBe(0);
      expect((await certificate('page-tls')).subjectAltName).toContain('DNS:prod.localhost');
      const isPage = (secret: { metadata: { name: string } }) => secret.metadata.name === 'page-tls';
      expect((await all()).filter((one) => !isPage(one))).toEqual(before.filter((one) => !isPage(one)));
      expect(await restarts()).toEqual([]);
      // Consumers look after it at once.
      expect((await cluster.calls()).filter((call) => call.includes('annotate pods'))).toHaveLength(1);
    });

    it('have it once', async () => {
      await made();
      await makeOld();
      await make();
      const before = await all();
      expect((await make()).status).toBe(0);
      expect(await all()).toEqual(before);
    });
  });

  describe("'s authority, for curl", () => {
    it('is in a file', async () => {
      await made();
      const { status, output } = await sandbox.shell('save_authority && cat .bin/ca.crt');
      expect(output).toBe(await cluster.value('argocd/secret/hello-world-ca', 'ca.crt'));
      expect(status).toBe(0);
    });

    it.each([
      ['there is none', ''],
      ['it cannot be read', `case "$*" in *jsonpath*) exit 1 ;; esac`],
    ])('is said not to be where %s', async (_, answers) => {
      if (answers) await made();
      await cluster.answer(answers);
      const { output } = await sandbox.shell('rm -rf .bin; save_authority && echo saved || echo none');
      expect(output).toBe('none\n');
    });
  });

  describe('that end soon', () => {
    it('are said', async () => {
      await made('page-tls');
      expect((await sandbox.shell('say_ending')).output).toBe('');
      await sandbox.shell('CERTIFICATE_DAYS=20; make_secrets $(environments)');
      const { output } = await sandbox.shell('say_ending');
      expect(output).toMatch(
        /^! the certificate page-tls of prod ends \w{3} .*GMT\. Make a new one: \.\/bootstrap\.sh rotate\n$/,
      );
    });

    it('are said a month before', async () => {
      await made();
      for (const [days, warned] of [
        [31, false],
        [29, true],
      ] as const) {
        await cluster.remove('hello-prod/secret/kafka-tls');
        await sandbox.shell(`CERTIFICATE_DAYS=${days}; make_secrets $(environments)`);
        expect((await sandbox.shell('say_ending')).output.includes('kafka-tls of prod ends')).toBe(warned);
      }
    });

    it('are not said of a cluster that does not answer', async () => {
      await cluster.silence();
      expect(await sandbox.shell('say_ending')).toEqual({ status: 0, output: '' });
    });
  });

  describe('of an environment behind a gateway', () => {
    const host = 'prod.hello.example.com';
    const names = async () => (await certificate('page-tls')).subjectAltName;
    /** Behind a gateway for one command. */
    const behind = (command: string) =>
      sandbox.shell(
        `echo DOMAIN=hello.example.com >base/gateway/gateway.env
        f=overlays/prod/kustomization.yaml; cp $f ../kept
        sed 's|^  - ../../base/secured$|&\\n  - ../../base/secured-gateway|' ../kept >$f; ${command}; cp ../kept $f`,
      );
    /** A certificate of another authority in place of what is missing. */
    const another = (days = 365) =>
      sandbox.shell(
        `PRIVATE=~/theirs AUTHORITY='Example Trust' CERTIFICATE_DAYS=${days}; mkdir -p "$PRIVATE/page-tls"
        make_authority "$PRIVATE" && page_certificate "$PRIVATE" "$PRIVATE/page-tls" prod && cp "$PRIVATE/ca.crt" "$PRIVATE/page-tls" &&
          secret_of hello-prod page-tls | kube create -f -; rm -r "$PRIVATE"`,
      );

    it('have its name, by an authority that may sign for that domain and no other', async () => {
      expect(await behind('make_secrets $(environments); say_unsigned')).toMatchObject({
        status: 0,
        output: expect.not.stringMatching(/^!/m) as string,
      });
      expect(await names()).toBe(
        `DNS:prod.localhost, DNS:${host}, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1`,
      );
      await sandbox.shell(
        `mkdir ../ca; secret_value argocd hello-world-ca ca.crt >../ca/ca.crt; secret_value hello-prod page-tls tls.crt >../ca/tls.crt`,
      );
      const verify = (name: string) =>
        sandbox.shell(`openssl verify -CAfile ../ca/ca.crt -verify_hostname ${name} ../ca/tls.crt; rm -r ../ca`);
      expect((await verify(host)).output).toContain('tls.crt: OK');
      const before = await all();
      expect(await behind('make_secrets $(environments)')).toEqual({ status: 0, output: '' });
      expect(await all()).toEqual(before);
    });

    it('keep what they have where the authority is from before that domain, which is said', async () => {
      await made();
      const before = await all();
      const { status, output } = await behind('make_secrets $(environments); say_unsigned');
      expect(status).toBe(0);
      expect(output).toContain(
        `! the certificate of prod has not the name ${host}: the cluster's authority is from before that domain.`,
      );
      expect(await all()).toEqual(before);
      await cluster.remove('argocd/secret/hello-world-ca');
      expect((await behind('make_secrets $(environments); say_unsigned')).output).not.toMatch(/^!/m);
      expect(await names()).toContain(`DNS:${host}`);
    });

    it('are said nothing of where the cluster does not answer', async () => {
      await made();
      await cluster.silence();
      expect(await behind('say_unsigned')).toEqual({ status: 0, output: '' });
    });

    it('stay as they are where somebody else signed them, also when others are rotated or signed anew', async () => {
      await made('page-tls');
      await another();
      const theirs = await value('page-tls', 'tls.crt');
      expect((await behind('make_secrets $(environments); say_unsigned')).output).not.toMatch(/^!/m);
      await sandbox.give('date');
      const rotated = await sandbox.shell('private renew_secrets hello-prod');
      expect(rotated.output).toContain('page-tls was not made here, and stays as it is');
      await cluster.remove('argocd/secret/hello-world-ca');
      expect((await make()).status).toBe(0);
      expect((await certificate('kafka-tls')).checkIssued(await authority())).toBe(true);
      expect(await value('page-tls', 'tls.crt')).toBe(theirs);
    });

    it('stay so where Kafka is elsewhere and the authority was lost', async () => {
      const file = 'overlays/prod/kustomization.yaml';
      const elsewhere = (command: string) =>
        sandbox.shell(`cp ${file} ../kept; sed '/kafka.secured$/d' ../kept >${file}; ${command}; cp ../kept ${file}`);
      await elsewhere('make_secrets $(environments)');
      await cluster.remove('hello-prod/secret/page-tls');
      await another();
      await cluster.remove('argocd/secret/hello-world-ca');
      const theirs = await cluster.get('hello-prod/secret/page-tls');
      const { status, output } = await elsewhere(
        'make_secrets $(environments); same_authority prod && echo "may rotate"',
      );
      expect({ status, output }).toEqual({ status: 0, output: 'may rotate\n' });
      expect(await cluster.get('hello-prod/secret/page-tls')).toEqual(theirs);
      // Nothing there needs one.
      expect(await cluster.names('argocd/secret')).toEqual([]);
    });

    it('are said to end, but not to be made anew here, where somebody else signed them', async () => {
      await made('page-tls');
      await another(20);
      expect((await sandbox.shell('say_ending')).output).toMatch(
        /^! the certificate page-tls of prod ends .* Have a new one from where this one is from: it was not made here\n$/,
      );
    });
  });

  describe('of which only one half is secured', () => {
    const file = 'overlays/prod/kustomization.yaml';
    /** Without a line of prod's, for one command. */
    const without = (line: string, command: string) =>
      sandbox.shell(`cp ${file} ../kept; sed '\\|${line}$|d' ../kept >${file}; ${command}; cp ../kept ${file}`);

    it.each([
      ['/base/kafka/secured', ['accounts', 'page-tls', 'session-keys']],
      ['/base/secured', ['kafka-passwords', 'kafka-tls']],
    ])('are none of %s, where it is not listed', async (line, rest) => {
      expect((await without(line, 'make_secrets $(environments)')).status).toBe(0);
      expect(await there()).toEqual(rest);
    });

    it('are signed anew where the authority was lost, and no Kafka is touched', async () => {
      await without('/base/kafka/secured', 'make_secrets $(environments)');
      await cluster.remove('argocd/secret/hello-world-ca');
      await putClients();
      expect((await without('/base/kafka/secured', 'make_secrets $(environments)')).status).toBe(0);
      expect((await certificate('page-tls')).checkIssued(await authority())).toBe(true);
      expect(await value('page-tls', 'ca.crt')).toBe(await cluster.value('argocd/secret/hello-world-ca', 'ca.crt'));
      expect((await cluster.calls()).filter((call) => call.includes('delete'))).toEqual([]);
    });
  });

  it('are those of the overlays that list base/secured, and of no other', async () => {
    const list = async (line: string) => {
      await writeFile(join(sandbox.folder, 'overlays/dev/kustomization.yaml'), `components:\n${line}\n`);
      return (await sandbox.shell('secured_environments | xargs')).output.trim();
    };
    for (const line of ['  - ../../base/secured', '  - "../../base/secured" # x', '  - ../../base/secured\r'])
      expect(await list(line)).toBe('dev prod');
    for (const line of ['  # - ../../base/secured', '  - ../../base/secured-not', '  - ../../base'])
      expect(await list(line)).toBe('prod');
    await rm(join(sandbox.folder, 'overlays/dev'), { recursive: true });
  });
});
