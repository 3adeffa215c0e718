import { hash } from 'node:crypto';
import type { Manifest } from './render.ts';

type Leaves = Map<string, string>;

const isProperties = (lines: string[]) => lines.every((line) => /^[\w.-]+=/.test(line));

/** Where something is: by its name in a list of named things, by its key in a text of `key=value`. */
const children = (value: object | string): [key: string, child: unknown][] => {
  if (typeof value === 'string')
    return value.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  if (!Array.isArray(value) || !value.every((item: unknown) => Object.hasOwn(Object(item) as object, 'name')))
    return Object.entries(value);
  return (value as { name: string }[]).map(({ name, ...child }) => [name, child]);
};

const leaves = (value: unknown, path: string, found: Leaves): void => {
  const lines = typeof value === 'string' ? value.split('\n') : [];
  if ((typeof value === 'object' && value !== null) || (lines.length > 1 && isProperties(lines)))
    for (const [key, child] of children(value as object | string)) leaves(child, `${path}.${key}`, found);
  else if (lines.length > 1) found.set(path, `a text, ${hash('sha256', String(value)).slice(0, 8)}`);
  else found.set(path, String(value));
};

/** What is different of necessity: hashes follow the content that they are of, and tags follow the releases. */
const withoutHashes = (manifests: Manifest[]): Manifest[] =>
  JSON.parse(
    JSON.stringify(manifests)
      .replace(/"(consumer|producer|kafka-access)-[a-z0-9]{10}"/g, '"$1"')
      .replace(/"hello-world:[0-9a-f]{12}"/g, '"hello-world:TAG"')
      .replace(/"checksum\/configuration":"[0-9a-f]+"/g, '"checksum/configuration":"..."'),
  ) as Manifest[];

const flatten = (manifests: Manifest[]): Map<string, Leaves> => {
  const objects = new Map<string, Leaves>();
  for (const manifest of withoutHashes(manifests)) {
    const found: Leaves = new Map();
    leaves(manifest, '', found);
    objects.set(`${manifest.kind}/${manifest.metadata.name}`, found);
  }
  return objects;
};

const union = (lists: Iterable<string>[]): string[] =>
  [...new Set(lists.flatMap((list) => [...list]))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));

/**
 * The places at which environments differ, each with the values in the order of the environments, - for nothing:
 * `Kind/name.path: first | second`, or `Kind/name: - | there` for an object that not all of them have.
 */
export const differences = (environments: Manifest[][]): string[] => {
  const all = environments.map(flatten);
  return union(all.map((objects) => objects.keys())).flatMap((name) => {
    const objects = all.map((one) => one.get(name));
    if (objects.includes(undefined)) return `${name}: ${objects.map((one) => (one ? 'there' : '-')).join(' | ')}`;
    return union(objects.map((one) => one!.keys()))
      .map((path) => ({ path, values: objects.map((one) => one!.get(path) ?? '-') }))
      .filter(({ values }) => new Set(values).size > 1)
      .map(({ path, values }) => `${name}${path}: ${values.join(' | ')}`);
  });
};
