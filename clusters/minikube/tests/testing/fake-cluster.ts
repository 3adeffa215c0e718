import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Result, Sandbox } from './sandbox.ts';
import { Template } from './template.ts';

/** The folders of a commit that Argo CD would make environments of. */
const FOLDERS = `git -C hello.git ls-tree -r --name-only main overlays/ 2>/dev/null | sed -n 's,^overlays/\\([^/]*\\)/kustomization.yaml$,\\1,p'`;

/**
 * kubectl, for a cluster that is a folder: `namespaces/NAME/` with a file `messages` where a consumer runs, `removable`
 * where it is annotated, `hangs` where it does not go; hello.git is the git server in it, and Argo CD has always done
 * what that says, but for applications with a file in `applications/`, which is what they are instead. `resources/` has
 * what it has made.
 */
const KUBECTL = `
  cd ~/cluster
  [ "$1" != --context ] || shift 2
  echo "$*" >>calls
  applications() { { ls applications; ${FOLDERS} | sed 's/^/hello-/'; } | sort -u; }
  show() { git -C hello.git show "main:overlays/$1/kustomization.yaml"; }
  case "$*" in
    version*) echo 'Client Version: v1.35.1' ;;
    'get --raw /readyz '*) [ ! -f stopped ] ;;
    'get statefulsets,deployments,persistentvolumeclaims -A '*)
      for name in namespaces/*/messages; do [ ! -f "$name" ] || basename "$(dirname "$name")"; done ;;
    *'get services -A '*node*)
      for name in namespaces/*/port; do [ ! -f "$name" ] || echo "$(basename "$(dirname "$name")") $(cat "$name")"; done |
        while read -r namespace port; do
          case "$*" in *'.name}}:'*) echo "$namespace $port" ;; *) echo "\${port#*:} $namespace" ;; esac
        done ;;
    'get deployments -A '*) for name in $(${FOLDERS}); do echo "hello-$name hello-world:$(show "$name" | sed -n "s/^ *newTag: *'\\(.*\\)'/\\1/p")"; done ;;
    'get namespace '*'{.status.phase}') [ ! -d "namespaces/$3" ] || echo Active ;;
    'get namespaces -o '*) ls namespaces ;;
    'create -f -') mkdir -p "namespaces/$(sed -n 's/^  name: //p' | head -n 1)" ;;
    '-n argocd create configmap '* | '-n argocd patch configmap '* | '-n argocd exec deploy/git '*) ;;
    'get namespace '*conditions*) cat "namespaces/$3/hangs" ;;
    'get namespace '*) if [ -d "namespaces/$3" ]; then echo "namespace/$3"; else case "$*" in *--ignore-not-found*) ;; *) exit 1 ;; esac; fi ;;
    'annotate --overwrite namespace '*' hello-world/remove=yes') touch "namespaces/$4/removable" ;;
    'delete namespace '*)
      [ -f "namespaces/$3/removable" ] || { echo "refused: $3 is not to be removed" >&2; exit 1; }
      [ -f "namespaces/$3/hangs" ] || rm -r "namespaces/$3" ;;
    'get --raw /api/v1/namespaces/'*)
      namespace=$(echo "$3" | cut -d / -f 5)
      case $3 in */pods/one:$(cat "namespaces/$namespace/metrics" 2>/dev/null || echo 8080)/proxy/metrics) ;; *) exit 1 ;; esac
      sed 's/^/history_messages{topic="hello-world"} /' "namespaces/$namespace/messages" ;;
    '-n '*' get deployment consumer -o jsonpath='*metrics*) cat "namespaces/$2/metrics" 2>/dev/null ;;
    '-n '*' get pods '*) [ ! -s "namespaces/$2/messages" ] || echo one ;;
    '-n '*' get secrets -o name') printf 'secret/%s\\n' kafka-tls kafka-passwords page-tls session-keys accounts ;;
    '-n '*' get secret accounts -o jsonpath='*) base64 <"namespaces/$2/accounts" ;;
    '-n '*' get secret accounts') [ -f "namespaces/$2/accounts" ] ;;
    '-n '*' get secret accounts '*) ;;
    '-n argocd get application hello -o jsonpath={.spec.source.repoURL}') cat url ;;
    '-n argocd get application hello -o jsonpath={.spec.source.targetRevision}') echo main ;;
    '-n argocd get applications -o name') applications | sed 's,^,application.argoproj.io/,' ;;
    '-n argocd get applications '*operationState*or*)
      revision=$(git -C hello.git rev-parse main)
      for name in hello $(applications); do
        echo "$name $(cat "applications/$name" 2>/dev/null || echo "$revision Synced Healthy $revision")"
      done
      ! try=$(git -C hello.git rev-parse --quiet --verify refs/heads/try) || echo "hello-try $try Synced Healthy $try" ;;
    '-n argocd get application hello-'*) cat "resources/$5" 2>/dev/null ;;
    '-n argocd get '*) ;;
    'create --dry-run=client '*) for last; do :; done; awk '/^kind: / { kind = $2 } /^  name: / { print kind "/" $2 }' "$last" ;;
    'diff --server-side '*) for last; do :; done; ! grep -q changed "$last" || { echo "what is changed"; exit 1; } ;;
    '-n argocd annotate --overwrite applications,applicationsets '*) ;;
    '-n argocd delete application hello-try '*) ;;
    '-n argocd apply '*) cat >applied ;;
    'get pods '* | 'get events '*) ;;
    *) echo "not expected: $*" >&2; exit 1 ;;
  esac`;

const MINIKUBE = `
  case $1 in
    version) echo v1.38.1 ;;
    profile) echo '{"valid":[{"Name":"hello"}]}' ;;
    image) case $2 in ls) sed 's,^,docker.io/library/,' ~/cluster/images ;; load) for last; do :; done; echo "$last" >>~/cluster/images ;; esac ;;
    *) exit 1 ;;
  esac`;

const DOCKER = `
  case "$*" in
    *PortBindings*) cat ~/cluster/ports ;;
    'image inspect '*) grep -qx "$3" ~/cluster/built ;;
    build*) while [ "$1" != -t ]; do shift; done; cat >/dev/null; echo "$2" >>~/cluster/built ;;
    save*) echo "$2" ;;
    exec*) cat >>~/cluster/images ;;
    *NCPU*) echo 4 ;;
    *MemTotal*) echo 17179869184 ;;
  esac`;

/** Prints the file `manifests` of a folder, or ends with what its file `error` says. */
const KUSTOMIZE = `
  [ "$1" != version ] || { echo v5.8.0; exit; }
  for last; do :; done
  echo "$last" | sed 's,.*/,,' >>~/cluster/rendered
  [ ! -f "$last/error" ] || { echo "Error: $last: $(cat "$last/error")" >&2; exit 1; }
  cat "$last/manifests"`;

const run = promisify(execFile);
/** What the first cluster of a file of tests came to. */
const template = new Template();

/** A cluster for a sandbox that has none, which runs what the sandbox's first commit says. */
export class FakeCluster {
  readonly #sandbox: Sandbox;
  readonly #folder: string;

  private constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
    this.#folder = join(sandbox.folder, '../cluster');
  }

  static async in(sandbox: Sandbox): Promise<FakeCluster> {
    const cluster = new FakeCluster(sandbox);
    await sandbox.giveAll();
    await sandbox.give('kubectl', KUBECTL);
    await sandbox.give('minikube', MINIKUBE);
    await sandbox.give('docker', DOCKER);
    await template.copyTo(dirname(sandbox.folder), () => cluster.#keep());
    return cluster;
  }

  /** Makes everything, in this sandbox. @returns the folder of a copy. */
  async #keep(): Promise<string> {
    for (const name of ['namespaces', 'applications', 'resources'])
      await mkdir(join(this.#folder, name), { recursive: true });
    const ports = Array.from({ length: 9 }, (_, index) => `3000${index + 1}/tcp 800${index + 1}\n`);
    await this.set('ports', `${ports.join('')}30081/tcp 8000\n30082/tcp 8443\n`);
    await this.set('url', 'git://git.argocd.svc/hello.git');
    await this.shell(
      `for path in $IMAGE_PATHS; do
        case $path in apps/*) mkdir -p "$path"; touch "$path/x.ts" ;; *) [ -f "$path" ] || touch "$path" ;; esac
      done
      make_repository
      git init --quiet --bare --initial-branch=main ../cluster/hello.git
      configure_remote
      git config remote.minikube.url ../cluster/hello.git
      git push --quiet minikube
      for tag in $(wanted_tags); do echo "$IMAGE:$tag" >>../cluster/built; done
      cp ../cluster/built ../cluster/images`,
    );
    await this.run('default', 'http:30001', 12);
    await this.run('dev', 'http:30002', 958);
    await this.run('prod', 'https:30003', 7);
    await this.set('namespaces/hello-prod/metrics', '9090');
    const users = [{ name: 'ann' }, { name: 'bob' }];
    await this.set('namespaces/hello-prod/accounts', JSON.stringify({ users }, null, 2));
    await this.set('calls', '');
    const copy = await mkdtemp(join(tmpdir(), 'hello cluster '));
    await run('cp', ['-R', this.#sandbox.folder, this.#folder, copy]);
    return copy;
  }

  /** An environment that runs. */
  async run(name: string, port: string, messages: number): Promise<void> {
    await mkdir(join(this.#folder, 'namespaces', `hello-${name}`), { recursive: true });
    await this.set(`namespaces/hello-${name}/port`, `${port}\n`);
    await this.set(`namespaces/hello-${name}/messages`, `${messages}\n`);
  }

  /** A Kustomize, and what it makes of each environment. */
  async giveKustomize(): Promise<void> {
    await this.#sandbox.give('kustomize', KUSTOMIZE);
    await this.#sandbox.give('helm', 'exit 1');
    await this.shell(
      `for name in $(environments); do
        printf 'kind: Secret\nmetadata:\n  name: a\n  namespace: hello-%s\n' "$name" >"overlays/$name/manifests"
      done
      git add -A; commit -m Manifests; git push --quiet minikube`,
    );
  }

  async set(file: string, text: string): Promise<void> {
    await writeFile(join(this.#folder, file), text);
  }

  /** What kubectl was called with, one call a line. */
  async calls(): Promise<string> {
    return readFile(join(this.#folder, 'calls'), 'utf8');
  }

  /** What the git server in the cluster has. */
  async git(command: string): Promise<string> {
    return (await this.#sandbox.shell(`git -C ~/cluster/hello.git ${command}`)).output.trim();
  }

  /** Runs a line of shell with what bootstrap.sh is made of. @throws where it fails. */
  async shell(line: string): Promise<string> {
    const { status, output }: Result = await this.#sandbox.shell(line);
    if (status !== 0) throw new Error(`${line}: ${output}`);
    return output;
  }
}
