import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { Sandbox } from './testing/sandbox.ts';

const REGISTRY = 'registry.example.org/somebody/hello-world';

/**
 * kubectl, for a cluster that is there. ~/says/WHAT is what it says where it says something else than here. Everything
 * that it is asked is in ~/calls, and what it is given in ~/applied.
 */
const KUBECTL = `
  says() { if [ -f ~/says/"$1" ]; then cat ~/says/"$1"; else echo "$2"; fi; }
  case "$*" in
    'version --client') echo 'Client Version: v1.35.1'; exit ;;
    'config get-contexts -o name') printf '%s\\n' kind-a kind-b; exit ;;
  esac
  [ "$1 $2" = '--context kind-a' ] || { echo "not its context: $*" >&2; exit 1; }
  shift 2
  echo "$*" >>~/calls
  case "$*" in
    'get --raw /api/v1/namespaces/'*) says answer '' ;;
    '-n argocd exec -i deploy/git '*) ;;
    '-n door get service door '*loadBalancer*) says address '' ;;
    '-n door get service door '*nodePort*) echo '30251 32288' ;;
    '-n door get service door '*port*) echo '80 443' ;;
    'get nodes '*addresses*) printf 'InternalIP 10.0.0.%s\\n' 2 3 ;;
    'get --raw /readyz '*) [ ! -f ~/says/readyz ] || { cat ~/says/readyz >&2; exit 1; } ;;
    'get --raw /version') echo "{\\"gitVersion\\": \\"$(says version v1.35.1)\\"}" ;;
    'auth can-i '*) says rights yes; [ ! -f ~/says/rights ] ;;
    'get nodes '*architecture*) says nodes linux/amd64 ;;
    'get storageclasses '*) says classes 'standard true' ;;
    'get --ignore-not-found namespaces '*) says namespaces '' ;;
    'get --ignore-not-found -k '*/argocd*) says argocd '' ;;
    'get --ignore-not-found -k '*/policies*) ;;
    'get namespace hello-'*'{.status.phase}') echo Active ;;
    'get namespaces -l hello-world/made=yes '*) says made '' ;;
    'get customresourcedefinitions '*) echo customresourcedefinition/applications.argoproj.io ;;
    'get applications.argoproj.io,'*) says others '' ;;
    'get persistentvolumes '*) says disks '' ;;
    '-n argocd get configmap hello-world-images '*) says digests '' ;;
    '-n argocd get application hello '*) says deployed '' ;;
    '-n argocd apply '*) cat >~/applied ;;
    'label --local '*) cat ;;
    'apply --server-side '*) cat >>~/applied ;;
    'annotate '* | 'delete '* | '-n argocd create configmap '* | '-n argocd patch configmap '*) ;;
    *) echo "not expected: $*" >&2; exit 1 ;;
  esac`;

/** docker, whose registry has what ~/says/registry lists, and takes nothing where there is ~/says/refusal. */
const DOCKER = `
  echo "$*" >>~/docker-calls
  case "$*" in
    'version --format {{.Server.Os}}/{{.Server.Arch}}') echo linux/amd64 ;;
    version*) echo 28.2.2 ;;
    'image inspect '*) exit 1 ;;
    'images --format '*) echo "${REGISTRY}:0123456789ab" ;;
    pull*)
      for last; do :; done
      grep -qx "$last" ~/says/registry 2>/dev/null || { echo "Error: manifest for $last not found" >&2; exit 1; }
      echo 'Digest: sha256:11' ;;
    build*) cat >/dev/null ;;
    push*)
      [ ! -f ~/says/refusal ] || { cat ~/says/refusal >&2; exit 1; }
      echo "one: digest: sha256:22 size: 1234" ;;
  esac`;

const ASKED = ['--context', 'kind-a', '--registry', REGISTRY];

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
  await sandbox.giveAll();
  await sandbox.give('kubectl', KUBECTL);
  await sandbox.give('docker', DOCKER);
  await sandbox.give('minikube', 'echo "$*" >>~/minikube-calls; exit 1');
  await mkdir(home('says'));
  await sandbox.shell('git init --quiet --initial-branch=main; git add -A; commit -m One');
});
afterEach(() => sandbox.remove());

const home = (name: string) => join(sandbox.folder, '..', name);
const read = (name: string) => readFile(home(name), 'utf8').catch(() => '');
const says = (what: string, text: string) => writeFile(home(`says/${what}`), text);
/** A clone that works with that cluster already. */
const remember = () =>
  sandbox.shell(`git config hello-world.context kind-a; git config hello-world.registry ${REGISTRY}`);
/** With Argo CD's manifests at hand, which are in no commit. */
const shell = (line: string) => sandbox.shell(`fetch_argocd() { :; }\n${line}`);
const prepare = () => shell(`choose_cluster ${ASKED[1]} ${REGISTRY}; prepare_cluster`);
/** What was done to the cluster, beside asking. */
const changes = async () =>
  (await read('calls')).split('\n').filter((call) => /^(-n \S+ )?(apply|create|patch|annotate|delete)/.test(call));

describe('./bootstrap.sh --context --registry', () => {
  it.each([
    [['--context', 'kind-a'], '--context kind-a needs --registry REGISTRY/NAME'],
    [['--registry', REGISTRY], '--registry has a meaning with --context only'],
    [['--context', ''], '--context needs the name of a kube-context.'],
    [['--registry='], '--registry needs REGISTRY/NAME, such as ghcr.io/somebody/hello-world, without a tag.'],
    [['--context=a', '--registry=ghcr.io/a/b:1'], 'without a tag, and not ghcr.io/a/b:1.'],
    [['--context=a', '--registry=localhost:5000'], 'and not localhost:5000.'],
    [['--context=a', '--registry=ghcr.io/Some/Body'], 'and not ghcr.io/Some/Body.'],
    [
      ['down', ...ASKED],
      'have a meaning with up and doctor only: down acts on the cluster that this clone works with.',
    ],
    [['--cni', 'calico', ...ASKED], '--pages, --argocd and --cni are of minikube.'],
    [[...ASKED, '--pages', '9001'], '--pages, --argocd and --cni are of minikube.'],
  ])('refuses %j', async (options, message) => {
    const { status, output } = await sandbox.run('bootstrap.sh', ...options);
    expect(output).toContain(message);
    expect(status).toBe(2);
    expect(await read('calls')).toBe('');
  });

  it.each([
    ['localhost:5001/hello'],
    ['docker.io/somebody/hello-world'],
    ['europe-docker.pkg.dev/project/repo/hello_world'],
  ])('takes %s', async (registry) => {
    expect((await sandbox.shell(`need_repository ${registry}`)).status).toBe(0);
  });

  it.each([
    [
      'readyz',
      'error: You must be logged in',
      'The cluster kind-a does not answer.\n  It says: error: You must be logged in',
    ],
    ['version', 'v1.29.4', 'has Kubernetes v1.29.4, and v1.30 is the oldest'],
    ['rights', 'no', 'You may not do everything in the cluster kind-a'],
    ['nodes', 'linux/amd64\nlinux/arm64', 'has nodes of linux/arm64, and docker builds images of linux/amd64 here.'],
    [
      'classes',
      'fast \nslow ',
      'has no default StorageClass, so Kafka would wait for its disks for ever.\n  It has: fast slow',
    ],
    ['classes', '', 'It has: none'],
    ['namespaces', 'Namespace argocd <none>', 'has an Argo CD already, which was not made by this bootstrap.sh'],
    ['namespaces', 'Namespace hello-dev <none>\nNamespace door yes', 'were not made by this bootstrap.sh: hello-dev\n'],
    [
      'argocd',
      'CustomResourceDefinition applications.argoproj.io <none>\nClusterRole argocd-server <none>',
      'parts of an Argo CD already, which were not made by this bootstrap.sh: CustomResourceDefinition applications.argoproj.io, ClusterRole argocd-server',
    ],
  ])('changes nothing where the %s is %j', async (what, text, message) => {
    await says(what, text);
    const { status, output } = await prepare();
    expect(output).toContain(message);
    expect(status).toBe(1);
    expect(await changes()).toEqual([]);
    expect((await sandbox.shell('git config hello-world.context')).output).not.toContain('kind-a');
  });

  it("minds somebody else's namespace observe only where Prometheus is asked for", async () => {
    await says('namespaces', 'Namespace observe <none>');
    const choose = `choose_cluster ${ASKED[1]} ${REGISTRY}`;
    const { status, output } = await shell(`${choose}; prepare_cluster '' '' '' yes`);
    expect(output).toContain('has a namespace observe that was not made by this bootstrap.sh');
    expect(status).toBe(1);
    expect(await shell(`${choose}; ! is_observed && echo not ours`)).toEqual({ status: 0, output: 'not ours\n' });
  });

  it('names the contexts that there are', async () => {
    const { status, output } = await sandbox.run('bootstrap.sh', '--context', 'prod', '--registry', REGISTRY);
    expect(output).toContain('Your kubeconfig has no context prod.\n  It has: kind-a kind-b\n');
    expect(status).toBe(1);
  });

  it.each([
    ['unauthorized: authentication required', 'To sign in: docker login registry.example.org'],
    ['denied: requested access to the resource is denied', 'To sign in: docker login registry.example.org'],
    ['http: server gave HTTP response to HTTPS client', 'registry.example.org speaks no https.'],
    ['dial tcp: lookup registry.example.org: no such host', 'Try it yourself: docker push'],
  ])('begins nothing in the cluster where the registry says %j', async (refusal, advice) => {
    await says('refusal', refusal);
    const { status, output } = await shell(
      `choose_cluster kind-a ${REGISTRY}; prepare_cluster; content_tag() { overlay_tag dev; }; begin built build_images; run_cluster`,
    );
    expect(output).toContain(refusal);
    expect(output).toContain(advice);
    expect(output).toContain('Nothing was made in the cluster.');
    expect(status).toBe(1);
    expect(await changes()).toEqual([]);
    expect((await sandbox.shell('git config hello-world.context')).output).not.toContain('kind-a');
  });

  it('is remembered when the images are there, and minikube is asked for nothing', async () => {
    const { status, output } = await shell(
      `choose_cluster kind-a ${REGISTRY}; prepare_cluster; content_tag() { overlay_tag dev; }; begin built build_images; run_cluster`,
    );
    expect(output).toContain(`✓ images built, and pushed to ${REGISTRY}`);
    expect(status).toBe(0);
    expect((await sandbox.shell('echo "$CONTEXT $REGISTRY $IMAGE"')).output).toBe(`kind-a ${REGISTRY} ${REGISTRY}\n`);
    expect(await read('applied')).toMatch(/^kind: Namespace$/m);
    expect(await read('minikube-calls')).toBe('');
  });

  it('stays with the cluster and the registry that it has', async () => {
    await remember();
    const other = await sandbox.run('bootstrap.sh', '--context', 'kind-b');
    expect(other.output).toContain('This clone works with the cluster kind-a, not with kind-b.');
    expect(other.status).toBe(1);
    const elsewhere = await sandbox.run('bootstrap.sh', '--registry', 'ghcr.io/a/b');
    expect(elsewhere.output).toContain(`The cluster kind-a pulls its images from ${REGISTRY}, not from ghcr.io/a/b.`);
    expect(elsewhere.status).toBe(1);
    expect((await sandbox.shell(`choose_cluster kind-a ${REGISTRY}`)).status).toBe(0);
  });

  it('has an authority, however long its name is', async () => {
    const { status } = await shell(`choose_cluster ${'c'.repeat(90)} ${REGISTRY}; mkdir ../ca; make_authority ../ca`);
    expect(status).toBe(0);
  });

  it('does not take the clone that works with minikube', async () => {
    await sandbox.shell('configure_remote');
    const { status, output } = await sandbox.run('bootstrap.sh', ...ASKED);
    expect(output).toContain("This clone works with minikube's cluster hello, not with kind-a.");
    expect(status).toBe(1);
    expect(await read('calls')).toBe('');
  });

  it('says what to do when the context that it works with is gone', async () => {
    await remember();
    await sandbox.give('kubectl', 'echo kind-b');
    const { status, output } = await sandbox.run('bootstrap.sh', 'status');
    expect(output).toContain(
      'Your kubeconfig has no context kind-a.\n  It has: kind-b\n  This clone works with that cluster. If it is gone for good: git config --remove-section hello-world',
    );
    expect(status).toBe(1);
  });

  it('is examined by doctor, which changes nothing', async () => {
    await says('classes', '');
    const { status, output } = await sandbox.run('bootstrap.sh', 'doctor', ...ASKED);
    expect(output).toContain('✓ kubectl v1.35.1');
    expect(output).toContain('The cluster kind-a has no default StorageClass');
    expect(status).toBe(1);
    expect(await changes()).toEqual([]);
    expect(await read('minikube-calls')).toBe('');
  });
});

describe('another cluster', () => {
  beforeEach(remember);

  it('is where a push goes', async () => {
    const { status } = await sandbox.run('clusters/minikube/git/push', 'git-upload-pack');
    expect(status).toBe(0);
    expect(await read('calls')).toContain('exec -i deploy/git -- env ON_PURPOSE= git-upload-pack /git/hello.git');
  });

  it.each([
    ['http://dev.localhost:8000', 'hello-dev/services/http:consumer:80'],
    ['https://prod.localhost:8443', 'hello-prod/services/https:consumer:443'],
    ['http://argocd.localhost:8000', 'argocd/services/http:argocd-server:80'],
  ])('is asked for %s by way of its API server', async (url, service) => {
    expect((await shell(`served ${url} /readyz`)).status).toBe(0);
    expect(await read('calls')).toContain(`get --raw /api/v1/namespaces/${service}/proxy/readyz `);
  });

  it.each([
    ['', '10.0.0.2, ports 30251 (http) and 32288 (https)', 'dev.localhost:8000:10.0.0.2:30251'],
    ['203.0.113.7\n', '203.0.113.7, ports 80 (http) and 443 (https)', 'dev.localhost:8000:203.0.113.7:80'],
  ])('says where its door is, whose own address is %j', async (own, address, connect) => {
    await says('address', own);
    const { output } = await shell('rm -r overlays/default; say_elsewhere');
    expect(output).toContain(`cluster     kind-a, images from ${REGISTRY}\nthe door    ${address}\n`);
    expect(output).toContain(`curl --connect-to ${connect} http://dev.localhost:8000/`);
    expect(output).toContain('kubectl --context kind-a -n door port-forward service/door 8000:80 8443:443');
    expect(output).toContain('who reaches that address sees what needs no account: dev\n');
  });

  it('keeps a namespace that was there before from being an environment', async () => {
    await says('namespaces', 'Namespace hello-dev <none>');
    const { status, output } = await shell('make_namespace hello-dev || stop');
    expect(output).toContain('The cluster has a namespace hello-dev that was not made by ./bootstrap.sh.');
    expect(status).toBe(1);
    expect(await changes()).toEqual([]);
  });

  it('is rendered for as Argo CD does it', async () => {
    await says('digests', 'sha256:11');
    const { output } = await shell('cat "$(folder_of dev .)/kustomization.yaml"');
    const { resources, images, patches } = parseAllDocuments(output)[0]!.toJS() as Record<string, unknown[]>;
    expect(resources).toEqual(['../../../overlays/dev']);
    expect(images).toEqual([
      { name: 'hello-world', newName: REGISTRY, newTag: expect.stringMatching(/^[0-9a-f]{12}$/), digest: 'sha256:11' },
    ]);
    expect(patches).toHaveLength(3);
  });

  it('gives what is tried the same', async () => {
    await says('digests', 'sha256:11');
    const { output } = await shell('with_more try_source 0123456789ab <clusters/minikube/try.yaml');
    const { source } = (
      parseAllDocuments(output)[0]!.toJS() as { spec: { source: { kustomize: Record<string, unknown> } } }
    ).spec;
    expect(source.kustomize['images']).toEqual([`hello-world=${REGISTRY}:0123456789ab@sha256:11`]);
    expect(source.kustomize['patches']).toHaveLength(3);
  });
});

describe('images for another cluster', () => {
  beforeEach(remember);

  it('are pushed, and their digests noted', async () => {
    const { status } = await shell('load_image 0123456789ab');
    expect(status).toBe(0);
    expect(await read('docker-calls')).toContain(`push ${REGISTRY}:0123456789ab`);
    expect(await changes()).toContain(
      '-n argocd patch configmap hello-world-images --type=merge -p {"data":{"0123456789ab":"sha256:22"}}',
    );
  });

  it('are taken as they are where somebody has pushed that content already', async () => {
    await says('registry', `${REGISTRY}:0123456789ab\n`);
    expect((await shell('build_image 0123456789ab && load_image 0123456789ab')).status).toBe(0);
    expect(await read('docker-calls')).not.toMatch(/^(push|build)/m);
    expect(await changes()).toContainEqual(expect.stringContaining('"sha256:11"'));
  });

  it('are neither built nor pushed again where the cluster knows their digest', async () => {
    await says('digests', 'sha256:11');
    expect((await shell('build_image 0123456789ab && load_image 0123456789ab')).status).toBe(0);
    expect(await read('docker-calls')).toBe('');
  });

  it('are given to Argo CD by digest, with the tag of each overlay', async () => {
    await says('digests', ' "0123456789ab" "sha256:11"\n');
    const { status } = await shell('REPO=https://example.org/a.git REVISION=main; apply_root');
    expect(status).toBe(0);
    const application = parseAllDocuments(await read('applied'))
      .map(
        (document) =>
          document.toJS() as { kind: string; spec: { source: { kustomize: { patches: { patch: string }[] } } } },
      )
      .find(({ kind }) => kind === 'Application')!;
    const operations = parseAllDocuments(application.spec.source.kustomize.patches[0]!.patch)[0]!.toJS() as {
      path: string;
      value: unknown;
    }[];
    const values = (path: string) =>
      operations.filter((operation) => operation.path === path).map(({ value }) => value);
    expect(values('/spec/generators/0/git/values/image')).toEqual([
      expect.stringMatching(
        /hello-world:\{\{ \$tag \}\}\{\{ with get \(dict "0123456789ab" "sha256:11"\) \$tag \}\}@\{\{ \. \}\}\{\{ end \}\}$/,
      ),
    ]);
    expect(values('/spec/template/spec/source/kustomize/images')).toEqual([['hello-world={{ .values.image }}']]);
    expect(values('/spec/template/spec/source/kustomize/patches/-')).toEqual([
      { target: { kind: 'Namespace' }, patch: expect.stringContaining('hello-world~1made') },
      { target: { kind: 'Deployment', name: 'consumer|producer' }, patch: expect.stringContaining('IfNotPresent') },
      { target: { kind: 'Service', name: 'consumer' }, patch: expect.stringContaining('ClusterIP') },
    ]);
  });
});

it('changes nothing of what minikube is given', async () => {
  for (const command of [
    'REPO=a REVISION=b; cat clusters/minikube/root.yaml | with_more root_patches',
    'with_more try_source x <clusters/minikube/try.yaml',
  ]) {
    const { status, output } = await sandbox.shell(command);
    expect(status).toBe(0);
    expect(output).not.toContain('MORE');
    expect(output).not.toContain('images');
  }
});

describe('./bootstrap.sh down, of another cluster', () => {
  beforeEach(remember);

  it('removes only what was made, the guards last, and says what it leaves', async () => {
    await says('made', 'argocd\ndoor\nhello-dev\n');
    await says('disks', 'hello-dev pvc-1\nother pvc-2\n');
    const { status, output } = await sandbox.run('bootstrap.sh', 'down');
    expect(output).toContain(`left: the cluster kind-a with all that was not made here, and the images in ${REGISTRY}`);
    expect(output).toContain('keeps disks: persistentvolume pvc-1\n');
    expect(status).toBe(0);
    expect(await changes()).toEqual([
      'annotate --overwrite namespace argocd hello-world/remove=yes',
      'delete namespace argocd --wait',
      'annotate --overwrite namespace door hello-dev hello-world/remove=yes',
      'delete namespace door hello-dev --wait',
      'delete customresourcedefinitions,clusterrolebindings,clusterroles,validatingadmissionpolicybindings,validatingadmissionpolicies -l hello-world/made=yes',
    ]);
    expect((await sandbox.shell('git config --get-regexp hello-world || echo forgotten')).output).toBe('forgotten\n');
    expect(await read('docker-calls')).toContain(`rmi ${REGISTRY}:0123456789ab\n`);
    expect(await read('minikube-calls')).toBe('');
  });

  it("leaves Argo CD's CRDs to who has come to use them", async () => {
    await says('others', 'application.argoproj.io/theirs\n');
    const { output } = await sandbox.run('bootstrap.sh', 'down');
    expect(output).toContain("left: Argo CD's CRDs, since there are applications of somebody else's");
    expect((await changes()).join('\n')).not.toContain('customresourcedefinitions');
  });
});
