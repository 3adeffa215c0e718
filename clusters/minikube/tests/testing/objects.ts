import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { kubectl } from './kubectl.ts';
import type { Sandbox } from './sandbox.ts';

/**
 * kubectl, for a cluster that is a folder: objects are ~/cluster/NAMESPACE/KIND/NAME, those without a namespace in
 * `cluster`. What the real one can do without a cluster it does: Secrets of files, templates. In ~/answers a test says
 * what else is answered, ~/refused has the names that are not taken, and with ~/silent nothing answers.
 */
const KUBECTL = `
  [ "$1" != --context ] || shift 2
  namespace=''
  [ "$1" != -n ] || { namespace=$2; shift 2; }
  real() { KUBECONFIG=/dev/null '${kubectl}' "$@"; }
  case "$*" in *--dry-run=client* | *--local*) real \${namespace:+-n "$namespace"} "$@"; exit ;; esac
  echo "\${namespace:+-n $namespace }$*" >>~/calls
  error() { echo "$1" >&2; exit 1; }
  [ ! -f ~/silent ] || error 'Unable to connect to the server: dial tcp 127.0.0.1:8443: connect: connection refused'
  . ~/answers

  verb=$1 kind=\${2:-} name=\${3:-} format='' lenient='' previous=''
  # Of several kinds at once the first has the list.
  kind=\${kind%%,*}
  kind=\${kind%s}
  for word in "$@"; do
    [ "$previous" != -o ] || format=$word
    [ "$word" != --ignore-not-found ] || lenient=yes
    previous=$word
  done
  file=~/cluster/\${namespace:-cluster}/$kind/$name
  show() { # show FILE [BEFORE AFTER]: as the format says
    case $format in
      '') ;;
      name) echo "$kind/$name" ;;
      # What is asked for most, without a process of 50 ms.
      'jsonpath={.data.'*) key=\${format#*.data.}; sed -n "s/^  \${key%?}: //p" "$1" | tr -d '\\n"' ;;
      'jsonpath={.status.phase}') sed -n 's/^  phase: //p' "$1" ;;
      go-template=*) real label --local -f "$1" a=b -o "go-template=\${2:-}\${format#go-template=}\${3:-}" ;;
      *) real label --local -f "$1" a=b -o "$format" ;;
    esac
  }
  take() { # take CONDITION MESSAGE: what stdin has, where it is (-f) or is not (! -f) yet
    manifest='' namespace=''
    while IFS= read -r line; do
      manifest="$manifest$line
"
      case $line in
        'kind: Namespace') kind=namespace ;;
        'kind: Secret') kind=secret ;;
        'kind: ConfigMap') kind=configmap ;;
        '  name: '*) name=\${line#  name: } ;;
        '  namespace: '*) namespace=\${line#  namespace: } ;;
      esac
    done
    [ -n "$manifest" ] || error "error: no objects passed to $verb"
    file=~/cluster/\${namespace:-cluster}/$kind/$name
    # As the cluster does.
    [ "$kind" != namespace ] || manifest="\${manifest}status:
  phase: Active
"
    [ ! -f ~/"refused/$name" ] || error "Error from server: $kind $name is refused"
    [ $1 "$file" ] || error "Error from server: $kind $name $2"
    mkdir -p "\${file%/*}"
    printf %s "$manifest" >"$file"
    echo "$verb $kind/$name" >>~/taken
  }
  case $verb-$name in
    create-*) [ "$kind" = configmap ] && exit; take '! -f' 'already exists' ;;
    replace-*) take -f 'not found' ;;
    apply-*) [ "$previous" != - ] || take -n '' ;;
    get-- | get--*)
      [ -f ~/"lists/$kind" ] && show ~/"lists/$kind" '{{with .spec}}' '{{end}}' && exit
      for file in ~/"cluster/\${namespace:-cluster}/$kind"/*; do
        name=\${file##*/}
        [ ! -f "$file" ] || show "$file"
      done ;;
    get-*)
      [ -f "$file" ] && show "$file" && exit
      [ -n "$lenient" ] || error "Error from server (NotFound): $kind $name not found" ;;
    annotate-* | rollout-* | delete-* | patch-*) [ "$previous" != - ] || cat >/dev/null ;;
    *) error "not expected: $*" ;;
  esac`;

/** An object, as far as tests look into it. */
export interface Stored {
  kind: string;
  type?: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  data: Record<string, string>;
}

/** A cluster for a sandbox that has none: the objects in a folder. */
export class Objects {
  readonly #sandbox: Sandbox;

  private constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  static async in(sandbox: Sandbox): Promise<Objects> {
    const objects = new Objects(sandbox);
    await sandbox.give('kubectl', KUBECTL);
    await objects.clear();
    return objects;
  }

  #path = (name: string) => join(this.#sandbox.folder, '..', name);

  /** An empty cluster that answers. */
  async clear(): Promise<void> {
    for (const name of ['cluster', 'lists', 'refused', 'silent', 'calls', 'taken'])
      await rm(this.#path(name), { recursive: true, force: true });
    await this.answer('');
  }

  async #write(name: string, text: string): Promise<void> {
    await mkdir(dirname(this.#path(name)), { recursive: true });
    await writeFile(this.#path(name), text);
  }

  /** Shell that comes before the cluster's own answers; it exits where it has one. */
  answer(shell: string): Promise<void> {
    return this.#write('answers', `${shell}\n`);
  }

  /** One call's answer, a line of shell, by the call's arguments without context and namespace. */
  on(pattern: string, shell: string): Promise<void> {
    return this.answer(`case "$*" in ${pattern}) ${shell}; exit ;; esac`);
  }

  refuse(name: string): Promise<void> {
    return this.#write(`refused/${name}`, '');
  }

  async accept(name: string): Promise<void> {
    await rm(this.#path(`refused/${name}`));
  }

  /** From now on nothing answers. */
  silence(): Promise<void> {
    return this.#write('silent', '');
  }

  /** @param path NAMESPACE/KIND/NAME, or cluster/KIND/NAME */
  async put(path: string, fields: object = {}): Promise<void> {
    const [namespace, kind, name] = path.split('/') as [string, string, string];
    const metadata = { name, ...(namespace === 'cluster' ? {} : { namespace }) };
    const apiVersion = kind === 'deployment' ? 'apps/v1' : 'v1';
    await this.#write(
      `cluster/${path}`,
      stringify(
        { apiVersion, kind: kind[0]!.toUpperCase() + kind.slice(1), metadata, ...fields },
        { lineWidth: 0, version: '1.1' },
      ),
    );
  }

  /** What templates over all objects of a kind are shown with. */
  list(kind: string, items: object[]): Promise<void> {
    const wrapper = { apiVersion: 'v1', kind: 'Wrapper', metadata: { name: kind }, spec: { items } };
    return this.#write(`lists/${kind}`, JSON.stringify(wrapper));
  }

  async get(path: string): Promise<Stored> {
    return parse(await readFile(this.#path(`cluster/${path}`), 'utf8')) as Stored;
  }

  /** What a key of a Secret has. */
  async value(path: string, key: string): Promise<string> {
    return Buffer.from((await this.get(path)).data[key] ?? '', 'base64').toString();
  }

  async remove(path: string): Promise<void> {
    await rm(this.#path(`cluster/${path}`), { recursive: true });
  }

  /** @param path NAMESPACE/KIND */
  async names(path: string): Promise<string[]> {
    return (await readdir(this.#path(`cluster/${path}`)).catch((): string[] => [])).sort();
  }

  async #lines(name: string): Promise<string[]> {
    return (await readFile(this.#path(name), 'utf8').catch(() => '')).split('\n').slice(0, -1);
  }

  /** What kubectl was asked for, without the context, but for what it does by itself. */
  calls(): Promise<string[]> {
    return this.#lines('calls');
  }

  /** What was made and replaced, in its order, such as `create secret/accounts`. */
  taken(): Promise<string[]> {
    return this.#lines('taken');
  }
}
