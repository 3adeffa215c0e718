import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documentedFolder } from './testing/documented.ts';
import { FakeCluster } from './testing/fake-cluster.ts';
import { Sandbox } from './testing/sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
});
afterEach(() => sandbox.remove());

const shell = async (line: string) => (await sandbox.shell(line)).output;

describe('an environment', () => {
  it('is a folder with a kustomization.yaml, in the working tree and in a commit', async () => {
    await sandbox.giveAll();
    await shell('make_repository; mkdir overlays/notes overlays/staging; touch overlays/notes/README.md overlays/file');
    await shell('touch overlays/staging/kustomization.yaml; git add -A; commit -m Staging; rm -r overlays/dev');
    expect(await shell('environments')).toBe('default\nprod\nstaging\n');
    expect(await shell('environments HEAD')).toBe('default\ndev\nprod\nstaging\n');
    expect(await shell('environments HEAD^')).toBe('default\ndev\nprod\n');
  });

  it('has a name that a namespace can have', async () => {
    const good = ['dev', 'a', 'x-1', '9', 'a'.repeat(57)];
    expect(await shell(`for name in ${good.join(' ')}; do name_problem "$name"; done`)).toBe('');
    const bad = ['', 'Dev', 'my_dev', '-dev', 'dev-', 'dev.2', 'dév', 'a b', 'dev/2', '..', '*'];
    const problems = await shell(
      `for name in ${bad.map((name) => `'${name}'`).join(' ')}; do name_problem "$name"; done`,
    );
    expect(problems.match(/^it needs lower-case letters/gm)).toHaveLength(bad.length);
  });

  it('cannot be called what makes its namespace too long', async () => {
    expect(await shell(`name_problem ${'a'.repeat(58)}`)).toBe('it has 58 characters, and may have 57\n');
  });

  it('cannot have the name of Argo CD', async () => {
    expect(await shell('name_problem argocd')).toBe('http://argocd.localhost is Argo CD\n');
    expect(await shell('name_problem prometheus')).toBe('http://prometheus.localhost is Prometheus\n');
  });

  it('has the port of its node-port.yaml', async () => {
    expect(await shell('overlay_port dev')).toBe('30002\n');
    expect(await shell('rm overlays/dev/node-port.yaml; overlay_port dev')).toBe('');
  });

  it('has the port of its kustomization.yaml', async () => {
    const texts = [
      '      - {op: add, path: /spec/ports/0/nodePort, value: 30004}',
      '      - op: add\n        path: /spec/ports/0/nodePort\n        value: 30009 # value: 30001',
      '# value: 30001\n      - {value: 30002, op: add}',
      'value: 300021',
      'value: 30010',
      '',
    ];
    const ports = texts.map(
      (text) => `printf '%s\\n' '${text}' >overlays/dev/kustomization.yaml; echo ":$(overlay_port dev)"`,
    );
    expect(await shell(`rm overlays/dev/node-port.yaml\n${ports.join('\n')}`)).toBe(
      ':30004\n:30009\n:30002\n:\n:\n:\n',
    );
  });

  it('has the port that a commit gives it', async () => {
    await sandbox.giveAll();
    await shell('make_repository; rm overlays/dev/node-port.yaml');
    expect(await shell('overlay_port dev HEAD; overlay_port nowhere HEAD; overlay_port dev')).toBe('30002\n');
  });
});

describe('a port', () => {
  const taken = '30001 a\n30002 b\n30004 c';

  it('is free where nobody has it', async () => {
    expect(await shell(`free_port '${taken}'`)).toBe('30003\n');
  });

  it('is one that this machine was given', async () => {
    await sandbox.give('docker', `printf '%s\\n' '30002/tcp 8002' '30005/tcp 8005' '30080/tcp 8080'`);
    expect(await shell(`free_port '${taken}'`)).toBe('30005\n');
    expect(await shell(`free_port '${taken}\n30005 d' || echo none`)).toBe('none\n');
  });
});

describe('what runs', () => {
  let cluster: FakeCluster;
  beforeEach(async () => {
    cluster = await FakeCluster.in(sandbox);
  });

  it('is unmanaged without a folder, in the working tree or in a commit', async () => {
    expect(await shell('unmanaged_environments')).toBe('');
    await rm(join(sandbox.folder, 'overlays/dev'), { recursive: true });
    expect(await shell('unmanaged_environments; echo -; unmanaged_environments HEAD')).toBe('dev\n-\n');
  });

  it('holds so many messages', async () => {
    await cluster.set('namespaces/hello-default/messages', '12\n30\n');
    expect(await shell('message_count hello-default; message_count hello-prod')).toBe('42\n7\n');
    expect(await shell('messages_of dev')).toBe('958 messages\n');
  });

  it('holds nobody knows how many, where no consumer is ready or none answers', async () => {
    await cluster.set('namespaces/hello-dev/messages', '');
    await cluster.set('namespaces/hello-prod/metrics', '');
    expect(await shell('messages_of dev; message_count hello-prod; message_count hello-nowhere')).toBe(
      'an unknown number of messages\n?\n?\n',
    );
  });

  it('has its port, folder or not', async () => {
    await cluster.run('old', 'http:30007', 1);
    const lines = await shell('taken_ports');
    expect(lines).toContain('30003 overlays/prod\n');
    expect(lines).toContain('30007 hello-old\n');
  });
});

const environment = (...args: string[]) => sandbox.run('clusters/minikube/scripts/commands/environment', ...args);
const text = (file: string) => readFile(join(sandbox.folder, file), 'utf8');
const overlay = async (name: string) => ({
  kustomization: await text(`overlays/${name}/kustomization.yaml`),
  consumer: await text(`overlays/${name}/consumer.env`),
  producer: await text(`overlays/${name}/producer.env`),
});

describe('npm run environment', () => {
  it.each([
    [[], 'What is to be done? list, add or remove.'],
    [['make', 'x'], 'There is no command make.'],
    [['list', 'dev'], 'list takes no name.'],
    [['add'], 'add which environment?'],
    [['remove'], 'remove which environment?'],
    [['add', 'a', 'b'], 'add takes one name.'],
    [['add', '../base'], '../base is no name of an environment.'],
    [['remove', '..'], '.. is no name of an environment.'],
    [['add', 'a', '--from'], '--from needs an environment.'],
    [['add', 'a', '--yes'], '--yes has a meaning with remove only'],
    [['remove', 'a', '--from', 'dev'], '--from has a meaning with add only'],
    [['list', '--all'], 'There is no option --all.'],
  ])('refuses %j', async (args, message) => {
    await sandbox.giveAll();
    const { status, output } = await environment(...args);
    expect(output).toContain(message);
    expect(output).toContain('npm run environment -- --help');
    expect(status).toBe(2);
  });

  it('lists the folders where there is no cluster', async () => {
    await sandbox.giveAll();
    await shell('make_repository; mkdir -p overlays/My_dev; cp overlays/dev/* overlays/My_dev');
    const { status, output } = await environment('list');
    expect(output).toMatch(/^default +http:\/\/localhost:8001 +everyone +- *$/m);
    expect(output).toMatch(/^prod +https:\/\/localhost:8003 +accounts +- *$/m);
    expect(output).toMatch(/^My_dev .* cannot run: it needs lower-case/m);
    expect(output).toContain('No cluster hello answers');
    expect(status).toBe(0);
  });

  it('lists what runs, what does not yet, and what has no folder', async () => {
    const cluster = await FakeCluster.in(sandbox);
    await cluster.run('old', 'http:30007', 3);
    await environment('add', 'staging');
    const { status, output } = await environment('list');
    expect(output).toMatch(/^dev +http:\/\/localhost:8002 +everyone +958 *$/m);
    expect(output).toMatch(/^prod +https:\/\/localhost:8003 +accounts +7 *$/m);
    expect(output).toMatch(/^staging +http:\/\/staging\.localhost:8000 +everyone +- +does not run yet$/m);
    expect(output).toMatch(/^old +http:\/\/localhost:8007 +everyone +3 +unmanaged: its folder is gone$/m);
    expect(status).toBe(0);
  });
});

describe('a namespace that nothing runs in', () => {
  const line = 'no folder, and nothing runs in its namespace, hello-left.';
  beforeEach(async () => {
    const cluster = await FakeCluster.in(sandbox);
    await cluster.shell('mkdir ~/cluster/namespaces/hello-left ~/cluster/namespaces/kube-system');
  });

  it('is named by the list and the status, with how to remove it', async () => {
    const { output } = await environment('list');
    expect(output).toMatch(new RegExp(`^left +${line} To remove it: npm run environment -- remove left$`, 'm'));
    expect(output).not.toContain('kube-system');
    expect(await shell('print_unmanaged')).toBe(
      `left         ${line} To remove it: npm run environment -- remove left\n`,
    );
    expect((await environment('remove', 'nowhere', '--yes')).output).toContain('There are: default dev prod left.');
  });

  it('is no stranger where it has a folder, committed or not, or an application', async () => {
    await shell('cp -r overlays/dev overlays/left');
    expect(await shell('print_unmanaged')).toBe('');
    await shell('git add -A; commit -m Left; git push --quiet minikube; rm -r overlays/left');
    expect(await shell('print_unmanaged')).toBe('');
  });

  it('is removed', async () => {
    const { status, output } = await environment('remove', 'left', '--yes');
    expect(output).toContain('the namespace hello-left, in which nothing runs\n');
    expect(status).toBe(0);
    expect(await shell('ls ~/cluster/namespaces')).not.toContain('left');
  });
});

describe('npm run environment -- add', () => {
  const check = () => shell('clusters/minikube/git/check HEAD');
  beforeEach(async () => {
    await sandbox.giveAll();
    await shell('make_repository');
  });

  it('makes a copy of dev, with names of its own and no port, and commits it', async () => {
    const before = await overlay('dev');
    const { status, output } = await environment('add', 'staging');
    expect(output).toBe(
      '✓ committed: Add environment staging, a copy of dev, at http://staging.localhost:8000\nNext: npm run sync\n',
    );
    expect(status).toBe(0);
    expect(await overlay('staging')).toEqual({
      kustomization: before.kustomization.replaceAll('hello-dev', 'hello-staging').replace(/^patches:[^]*/m, ''),
      consumer: before.consumer
        .replace('ENVIRONMENT=dev', 'ENVIRONMENT=staging')
        .replace('World Dev!', 'World Staging!'),
      producer: before.producer.replace('ENVIRONMENT=dev', 'ENVIRONMENT=staging'),
    });
    expect(await overlay('dev')).toEqual(before);
    expect(await check()).toBe('');
    expect(await shell('git log -1 --format=%s; git show --name-only --format= | cut -d / -f 1,2 | sort -u')).toBe(
      'Add environment staging\noverlays/staging\n',
    );
  });

  it('leaves alone what else is about to be committed', async () => {
    await shell('echo x >README.md; echo y >>Dockerfile; git add README.md');
    expect((await environment('add', 'staging')).status).toBe(0);
    expect(await shell('git status --short')).toBe(' M Dockerfile\nA  README.md\n');
  });

  it('copies a copy, and a secured one', async () => {
    await environment('add', 'night-shift', '--from', 'prod');
    const { output } = await environment('add', 'late', '--from=night-shift');
    expect(output).toContain('a copy of night-shift, at https://late.localhost:8443');
    expect(output).toContain('certificates and passwords');
    const { kustomization, consumer, producer } = await overlay('late');
    const prod = (await overlay('prod')).kustomization;
    expect(kustomization.replaceAll('hello-late', 'hello-prod')).toBe(
      prod.replace(/patches:\n {2}- path: node-port.yaml\n.*\n/, ''),
    );
    expect((await overlay('night-shift')).consumer).toContain('BANNER=Hello World Night Shift!\n');
    expect(consumer).toContain('BANNER=Hello World Late!\n');
    expect(producer).toContain('ENVIRONMENT=late\nTOPIC_REPLICATION=3\n');
    expect(await shell('ls overlays/late; secured_environments')).toBe(
      `${await shell('ls overlays/prod | grep -v node-port')}late\nnight-shift\nprod\n`,
    );
    expect(await check()).toBe('');
  });

  it('copies one whose Kafka is elsewhere, but not its account', async () => {
    const files = await documentedFolder('elsewhere');
    await environment('add', 'elsewhere');
    for (const [name, content] of Object.entries(files)) await writeFile(join(sandbox.folder, name), content);
    await shell('git add -A; commit -m Elsewhere');
    const { status, output } = await environment('add', 'other', '--from', 'elsewhere');
    expect(output).toContain('Its account at a Kafka that is elsewhere is no copy: see docs/external-kafka.md');
    expect(status).toBe(0);
    expect(await shell('cat overlays/other/kafka.env overlays/other/to-kafka.yaml')).toBe(
      await shell('cat overlays/elsewhere/kafka.env overlays/elsewhere/to-kafka.yaml'),
    );
    expect(await shell('grep -h hello- overlays/other/*.yaml')).toContain('namespace: hello-other\n');
    expect(await check()).toBe('');
  });

  it.each([
    ['Customized with a configmap!', 'Hello World Staging!'],
    ['Dev, as it is (Dev)', 'Staging, as it is (Dev)'],
    ['Devices', 'Hello World Staging!'],
    ['a \\ b & Dev', 'a \\ b & Staging'],
    ['', 'Hello World Staging!'],
  ])('makes of the banner %j %j', async (banner, expected) => {
    await writeFile(join(sandbox.folder, 'overlays/dev/consumer.env'), `BANNER=${banner}\nENVIRONMENT=dev\nA=1`);
    await shell('git commit --quiet -am Banner || commit -am Banner');
    await environment('add', 'staging');
    expect((await overlay('staging')).consumer).toBe(`BANNER=${expected}\nENVIRONMENT=staging\nA=1\n`);
  });

  it('gives it what dev has not set', async () => {
    await shell('echo A=1 >overlays/dev/consumer.env; commit -am Less');
    await environment('add', 'staging');
    expect((await overlay('staging')).consumer).toBe('A=1\nENVIRONMENT=staging\nBANNER=Hello World Staging!\n');
  });

  it('keeps quotes, comments, and what only looks like it', async () => {
    const file = join(sandbox.folder, 'overlays/dev/kustomization.yaml');
    const { kustomization } = await overlay('dev');
    const edit = kustomization
      .replace('namespace: hello-dev', 'namespace: "hello-dev" # not hello-dev2')
      .replace(/^ {4}namespace: hello-dev/m, "    namespace: 'hello-dev'")
      .replace('images:', 'namePrefix: hello-dev-\n# namespace: hello-dev2\nimages:');
    await writeFile(file, edit);
    await shell('commit -am Quotes');
    await environment('add', 'staging');
    const copy = (await overlay('staging')).kustomization;
    expect(copy).toContain('namespace: "hello-staging" # not hello-dev2\n');
    expect(copy).toContain("    namespace: 'hello-staging'\n");
    expect(copy).toContain('namePrefix: hello-dev-\n# namespace: hello-dev2\n');
  });

  it('takes no chart into the commit, and does not pull it again', async () => {
    await shell('mkdir -p overlays/dev/charts; echo kafka >overlays/dev/charts/kafka');
    await environment('add', 'staging');
    expect(
      await shell('cat overlays/staging/charts/kafka; git ls-files overlays/staging | grep charts || echo none'),
    ).toBe('kafka\nnone\n');
  });

  it.each([
    ['dev', 'There is an environment dev already'],
    ['Staging', 'No environment can be called Staging: it needs lower-case letters'],
    ['a'.repeat(58), 'it has 58 characters, and may have 57'],
  ])('refuses the name %s', async (name, message) => {
    const { status, output } = await environment('add', name);
    expect(output).toContain(message);
    expect(status).toBe(1);
    expect(await shell('git log --oneline | wc -l')).toBe('1\n');
  });

  it('refuses a folder that is there without being an environment', async () => {
    await shell('mkdir overlays/staging');
    expect((await environment('add', 'staging')).output).toContain('There is an environment staging already');
  });

  it('refuses a source that is none, or is not as it was committed', async () => {
    expect((await environment('add', 'staging', '--from', 'nowhere')).output).toContain(
      'There is no environment nowhere.',
    );
    await shell('echo A=1 >>overlays/dev/consumer.env');
    const { status, output } = await environment('add', 'staging');
    expect(output).toContain('overlays/dev has uncommitted changes:\n   M overlays/dev/consumer.env');
    expect(status).toBe(1);
  });

  it('refuses a source whose copy could not run, and leaves nothing of it', async () => {
    await shell(
      `sed '/^    namespace:/d' overlays/dev/kustomization.yaml >../new; cp ../new overlays/dev/kustomization.yaml; commit -am X`,
    );
    const { status, output } = await environment('add', 'staging');
    expect(output).toContain('A copy of dev cannot run:');
    expect(output).toMatch(/The chart in line \d+ of overlays\/staging\/kustomization.yaml has no namespace/);
    expect(status).toBe(1);
    expect(await shell('ls overlays; git status --porcelain')).not.toContain('staging');
  });

  /** dev's kustomization, written otherwise. */
  const rewriteDev = async (from: RegExp, to: string) => {
    const before = await text('overlays/dev/kustomization.yaml');
    const after = before.replaceAll(from, to);
    expect(after).not.toBe(before);
    await writeFile(join(sandbox.folder, 'overlays/dev/kustomization.yaml'), after);
    await shell('git add -A; commit -m Write');
  };

  it('leaves the port alone out of a copy, and no other patch', async () => {
    await rewriteDev(/^patches:\n/gm, 'patches:\n  - target: { kind: Service, name: producer }\n    patch: "[]"\n');
    expect((await environment('add', 'staging')).status).toBe(0);
    const { kustomization } = await overlay('staging');
    expect(kustomization).toContain('\npatches:\n  - target: { kind: Service, name: producer }\n    patch: "[]"\n');
    expect(kustomization).not.toContain('node-port');
  });

  it('gives no port to a copy of one whose patches have no indent', async () => {
    await rewriteDev(/^ {2}(?=- path: node-port| {2}target)/gm, '');
    expect((await environment('add', 'staging')).status).toBe(0);
    expect((await overlay('staging')).kustomization).not.toMatch(/node-port|^-|^patches/m);
  });

  it('says what is wrong with a copy of one whose port is named in another way', async () => {
    await rewriteDev(/- path: node-port.yaml\n( +)(target: .*)/g, '- $2\n$1path: node-port.yaml');
    const { status, output } = await environment('add', 'staging');
    expect(output).toMatch(/A copy of dev cannot run:.*both have node port 30002/s);
    expect(status).toBe(1);
  });

  it('makes as many as somebody wants', async () => {
    for (let number = 1; number <= 10; number += 1)
      expect((await environment('add', `e${number}`)).output).toContain(`http://e${number}.localhost:8000`);
    expect(await check()).toBe('');
  });
});

describe('npm run environment -- add, with a cluster', () => {
  let cluster: FakeCluster;
  beforeEach(async () => {
    cluster = await FakeCluster.in(sandbox);
  });

  it('does not take over the messages of one without a folder, but on purpose', async () => {
    await cluster.run('old', 'http:30007', 3);
    const { status, output } = await environment('add', 'old');
    expect(output).toContain('hello-old goes on, unmanaged, with 3 messages');
    expect(output).toContain('ON_PURPOSE=yes npm run environment -- add old --from dev');
    expect(status).toBe(1);
    expect(await shell('ON_PURPOSE=yes clusters/minikube/scripts/commands/environment add old')).toContain('committed');
  });

  it('says that the name leads nowhere in a cluster without the door', async () => {
    await cluster.set('ports', '30001/tcp 8001\n');
    const { status, output } = await environment('add', 'staging');
    expect(output).toContain('at http://staging.localhost:8000');
    expect(output).toContain('names such as http://dev.localhost:8000 do not lead to the cluster hello');
    expect(status).toBe(0);
  });
});

describe('npm run environment -- remove', () => {
  let cluster: FakeCluster;
  beforeEach(async () => {
    cluster = await FakeCluster.in(sandbox);
  });
  /** The calls that delete something, and what Argo CD read before them. */
  const deletions = async () => (await cluster.calls()).split('\n').filter((call) => /delete|remove=yes/.test(call));
  const removeAsked = (name: string, answer: string) =>
    sandbox.shell(`echo '${answer}' | clusters/minikube/scripts/commands/environment remove ${name}`);

  it('says what goes, and goes no further when nobody answers', async () => {
    const { status, output } = await environment('remove', 'prod');
    expect(output).toContain('This removes prod for good:');
    expect(output).toContain('the namespace hello-prod, https://localhost:8003, with 7 messages');
    expect(output).toContain('its accounts: ann bob');
    expect(output).toContain('the folder overlays/prod, by a commit, which is pushed');
    expect(output).toContain('Nothing was removed: nobody answered.');
    expect(output).toContain('npm run environment -- remove prod --yes');
    expect(status).toBe(1);
    expect(await deletions()).toEqual([]);
    expect(await shell('git log --oneline | wc -l; ls overlays/prod | wc -l')).toBe('1\n5\n');
  });

  it('says that messages stay where the environment has no Kafka of its own', async () => {
    const file = 'overlays/prod/kustomization.yaml';
    await shell(
      `sed 's|base/kafka$|base/external-kafka|' ${file} >../new; cp ../new ${file}; git add -A; commit -m Elsewhere`,
    );
    expect((await environment('remove', 'prod')).output).toContain(
      'the namespace hello-prod, https://localhost:8003, and no messages: they stay where its Kafka is',
    );
  });

  describe('of one that others read from', () => {
    beforeEach(async () => {
      await shell(
        `sed 's|kafka/secured$|&\\n  - ../../base/kafka/readers|' overlays/prod/kustomization.yaml >../new; cp ../new overlays/prod/kustomization.yaml
        printf '# who reads\\naudit=hello-world\\nreports=hello-world\\nlater=hello-world\\n' >overlays/prod/readers.env
        for name in audit other later; do
          mkdir overlays/$name
          printf 'components:\\n  - ../../base/external-kafka\\n' >overlays/$name/kustomization.yaml
          echo KAFKA_BROKERS=kafka.hello-prod.svc.cluster.local:9092 >overlays/$name/kafka.env
        done
        echo KAFKA_BROKERS=kafka.example.org:9092 >overlays/later/kafka.env
        mkdir overlays/open overlays/notes
        echo 'resources: [../../base]' >overlays/open/kustomization.yaml
        echo KAFKA_BROKERS=kafka.hello-prod.svc:9092 >overlays/open/consumer.env
        git add -A; commit -m Readers`,
      );
    });

    it('says who reads from it', async () => {
      const { output } = await environment('remove', 'prod');
      expect(output).toContain('  its topics, which these environments read: audit open other\n');
      expect(output).toContain('  its topics, which these accounts of overlays/prod/readers.env read: reports later\n');
    });

    it('says that a reader keeps its rights', async () => {
      const { output } = await environment('remove', 'audit');
      expect(output).toContain(
        '  and leaves its account at the Kafka of prod, until line 2 of overlays/prod/readers.env is gone: audit=hello-world\n',
      );
    });

    it('says that also where its folder is gone', async () => {
      await shell('git rm -r --quiet overlays/audit; commit -m x; mkdir ~/cluster/namespaces/hello-audit');
      expect((await environment('remove', 'audit')).output).toContain(
        'until line 2 of overlays/prod/readers.env is gone',
      );
    });

    it.each(['dev', 'later', 'other'])('says nothing of that for %s', async (name) => {
      const { output } = await environment('remove', name);
      expect(output).toContain(`This removes ${name} for good:`);
      expect(output).not.toMatch(/read|account/);
    });
  });

  it('wants the name, and not another one', async () => {
    const { status, output } = await removeAsked('dev', 'yes');
    expect(output).toContain('Nothing was removed: you typed yes, and its name is dev.');
    expect(status).toBe(1);
    expect(await deletions()).toEqual([]);
  });

  it('removes the folder, pushes that, and then the namespace', async () => {
    await shell('mkdir -p overlays/dev/charts; touch overlays/dev/charts/x; echo z >README.md; git add README.md');
    const { status, output } = await removeAsked('dev', 'dev');
    expect(output).toContain('✓ committed: Remove environment dev');
    expect(output).toContain('✓ dev is gone, with all that it had');
    expect(status).toBe(0);
    expect(await deletions()).toEqual([
      'annotate --overwrite namespace hello-dev hello-world/remove=yes',
      'delete namespace hello-dev --wait=false --ignore-not-found',
    ]);
    expect(await shell('ls -d overlays/*/; git status --short; ls ~/cluster/namespaces')).toBe(
      'overlays/default/\noverlays/prod/\nA  README.md\nhello-default\nhello-prod\n',
    );
    expect(await cluster.git('log -1 --format=%s main')).toBe('Remove environment dev');
    expect(await cluster.git('ls-tree --name-only main overlays/')).not.toContain('overlays/dev');
  });

  it('asks nothing with --yes', async () => {
    expect((await environment('remove', 'dev', '--yes')).status).toBe(0);
  });

  it('deletes nothing while Argo CD has the environment', async () => {
    await cluster.set('applications/hello-dev', 'abc Unknown Missing -');
    const { status, output } = await sandbox.shell('until_true() { "$@"; }; remove_from_cluster dev');
    expect(output).toContain('Argo CD still has dev, so nothing is deleted.');
    expect(status).toBe(1);
    expect(await deletions()).toEqual([]);
  });

  it('takes no answer of Argo CD for nothing less than one', async () => {
    await cluster.set('stopped', '');
    await sandbox.give('kubectl', 'exit 1');
    expect(await shell('application_gone dev || echo no; namespace_gone dev || echo no')).toBe('no\nno\n');
  });

  it('says what keeps a namespace', async () => {
    await shell('git rm -r --quiet overlays/dev; commit -m x; git push --quiet minikube');
    await cluster.set('namespaces/hello-dev/hangs', 'Some content in the namespace has finalizers remaining\n');
    const { status, output } = await sandbox.shell('until_true() { "$@"; }; remove_from_cluster dev');
    expect(output).toContain('hello-dev is still on its way out.\n  Some content in the namespace has finalizers');
    expect(status).toBe(1);
  });

  it('removes one whose folder is gone already, without a push', async () => {
    await cluster.run('old', 'http:30007', 3);
    const head = await shell('git rev-parse HEAD');
    const { status, output } = await environment('remove', 'old', '--yes');
    expect(output).toContain('the namespace hello-old, http://localhost:8007, with 3 messages');
    expect(output).not.toContain('pushed');
    expect(status).toBe(0);
    expect(await shell('git rev-parse HEAD; ls ~/cluster/namespaces')).toBe(
      `${head}hello-default\nhello-dev\nhello-prod\n`,
    );
  });

  it('goes on where it stopped before the push', async () => {
    await shell('git rm -r --quiet overlays/dev; commit -m "Remove environment dev"');
    expect((await environment('remove', 'dev', '--yes')).status).toBe(0);
    expect(await cluster.git('ls-tree --name-only main overlays/')).not.toContain('overlays/dev');
    expect(await shell('git log --oneline | wc -l; ls ~/cluster/namespaces')).toBe('2\nhello-default\nhello-prod\n');
  });

  it.each(['staging', 'Upper', 'a'.repeat(60)])('removes one that never ran: %s', async (name) => {
    await shell(`cp -r overlays/dev overlays/${name}; git add -A; commit -m x; git push --quiet minikube`);
    const { status, output } = await environment('remove', name, '--yes');
    expect(output).toContain(`✓ ${name} is gone`);
    expect(status).toBe(0);
    expect(await deletions()).toEqual([]);
    expect(await cluster.git('ls-tree --name-only main overlays/')).not.toContain(name);
  });

  it('makes the commit alone where there is no cluster', async () => {
    await sandbox.give('minikube', `case $1 in profile) echo '{"valid":[]}' ;; esac`);
    const { status, output } = await environment('remove', 'dev', '--yes');
    expect(output).toContain('committed: Remove environment dev');
    expect(output).toContain('There is no cluster hello, so this is all');
    expect(status).toBe(0);
    expect(await cluster.git('ls-tree --name-only main overlays/')).toContain('overlays/dev');
  });

  it('does nothing while the cluster does not answer', async () => {
    await cluster.set('stopped', '');
    const { status, output } = await environment('remove', 'dev', '--yes');
    expect(output).toContain('The cluster hello does not answer.');
    expect(status).toBe(1);
    expect(await shell('ls overlays')).toContain('dev');
  });

  it('refuses another branch than the deployed one, before anything', async () => {
    await shell('git checkout --quiet -b fix/x');
    const { status, output } = await environment('remove', 'dev', '--yes');
    expect(output).toContain('fix/x is not what is deployed: that is main.');
    expect(output).toContain('ON_PURPOSE=yes npm run environment -- remove dev');
    expect(status).toBe(1);
    expect(await shell('ls overlays')).toContain('dev');
  });

  it('deletes nothing when what would be pushed with it cannot run', async () => {
    await shell(`echo 'namespace: hello-dev' >>overlays/prod/kustomization.yaml; commit -am x`);
    const { status, output } = await environment('remove', 'dev', '--yes');
    expect(output).toContain('overlays/prod renders into hello-dev');
    expect(output).toContain('Nothing was pushed.');
    expect(status).toBe(1);
    expect(await deletions()).toEqual([]);
  });

  it('deletes nothing when it cannot be pushed', async () => {
    await shell(
      'git clone --quiet ~/cluster/hello.git ~/other; cd ~/other; touch x; git add x; commit -m theirs; git push --quiet',
    );
    const { status, output } = await environment('remove', 'dev', '--yes');
    expect(output).toContain('It was not pushed.');
    expect(status).toBe(1);
    expect(await deletions()).toEqual([]);
  });

  it('refuses what is not committed', async () => {
    await shell('echo A=1 >>overlays/dev/consumer.env; mkdir overlays/mine; touch overlays/mine/kustomization.yaml');
    expect((await environment('remove', 'dev', '--yes')).output).toContain('overlays/dev has uncommitted changes:');
    const { status, output } = await environment('remove', 'mine', '--yes');
    expect(output).toContain('overlays/mine is in no commit');
    expect(output).toContain('rm -r overlays/mine');
    expect(status).toBe(1);
  });

  it.each([
    ['is not committed', ''],
    ['is committed', 'commit -m Removed'],
    ['is pushed', 'commit -m Removed; ON_PURPOSE=yes git push --quiet minikube'],
  ])('goes on after a git rm that left the charts, and %s', async (_, line) => {
    await shell('mkdir -p overlays/dev/charts; touch overlays/dev/charts/x; git rm -r --quiet overlays/dev');
    await shell(line);
    const { status, output } = await environment('remove', 'dev', '--yes');
    expect(output).toContain('✓ dev is gone, with all that it had');
    expect(status).toBe(0);
    expect(await cluster.git('ls-tree --name-only main overlays/')).not.toContain('overlays/dev');
    expect(await shell('ls -d overlays/*/; ls ~/cluster/namespaces')).toBe(
      'overlays/default/\noverlays/prod/\nhello-default\nhello-prod\n',
    );
  });

  it('leaves a folder alone that is in no commit, though its namespace is there', async () => {
    await shell('cp -r overlays/dev overlays/mine; mkdir ~/cluster/namespaces/hello-mine');
    const { status, output } = await environment('remove', 'mine', '--yes');
    expect(output).toContain('overlays/mine has uncommitted changes:\n  ?? overlays/mine/\n');
    expect(status).toBe(1);
    expect(await deletions()).toEqual([]);
  });

  it('knows what is nowhere', async () => {
    await cluster.run('old', 'http:30007', 3);
    const { status, output } = await environment('remove', 'nowhere', '--yes');
    expect(output).toContain('There is no environment nowhere.\n  There are: default dev prod old.');
    expect(status).toBe(1);
  });
});
