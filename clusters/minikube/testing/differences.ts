import type { Manifest } from './render.ts';

type Leaves = Map<string, string>;

const isText = (value: string) => value.includes('\n');

const leaves = (value: unknown, path: string, found: Leaves): void => {
  if (typeof value === 'string' && isText(value))
    value.split('\n').forEach((line, index) => found.set(`${path} line ${index + 1}`, line.trim()));
  else if (typeof value !== 'object' || value === null) found.set(path, String(value));
  else for (const [key, child] of Object.entries(value)) leaves(child, `${path}.${key}`, found);
};

/** What is different of necessity: hashes follow the content that they are of, and tags follow the releases. */
const withoutHashes = (manifests: Manifest[]): Manifest[] =>
  JSON.parse(
    JSON.stringify(manifests)
      .replace(/"(consumer|producer)-[a-z0-9]{10}"/g, '"$1"')
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
