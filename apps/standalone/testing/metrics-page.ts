import { readFileSync } from 'node:fs';

/** A metric, as the page about metrics has it, or as a service answers it. */
export interface Metric {
  name: string;
  type: string;
  help: string;
  /** In alphabetical order; of a service those that its samples have. */
  labels: string[];
}

/** A row of the table of metrics. */
export interface Row extends Metric {
  unit: string;
  service: string;
  worry: string;
}

const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');

const namesIn = (cell: string): string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!).toSorted();

/** The rows of the table, but for the line of what prom-client tells of every process. */
export const rows: Row[] = [...page.matchAll(/^\| `(\w+)` (.+)\|$/gm)].flatMap(([, name, rest]) => {
  const [, type, unit, labels, service, help, worry] = rest!.split('|').map((cell) => cell.trim());
  // The other table of the page has fewer cells.
  return worry === undefined
    ? []
    : [{ name: name!, type: type!, unit: unit!, labels: namesIn(labels!), service: service!, help: help!, worry }];
});

/** What a service answers at /metrics, but for what prom-client tells of every process. */
export async function metricsAt(url: string): Promise<Metric[]> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const metrics = [...text.matchAll(/^# HELP (\w+) (.*)\n# TYPE \w+ (\w+)\n((?:[^#\n].*\n)*)/gm)];
  return metrics
    .map(([, name, help, type, samples]) => ({ name: name!, type: type!, help: help!, labels: labelsIn(samples!) }))
    .filter(({ name }) => !/^(process|nodejs)_/.test(name));
}

/** The names of labels in samples, but for that of a histogram's buckets. */
function labelsIn(samples: string): string[] {
  const names = new Set([...samples.matchAll(/[{,](\w+)="/g)].map(([, name]) => name!));
  names.delete('le');
  return [...names].toSorted();
}

/** What the table has of the metrics of some services. */
export const metricsOf = (...services: string[]): Metric[] =>
  rows
    .filter(({ service }) => service === 'all' || services.includes(service))
    .map(({ name, type, help, labels }) => ({ name, type, help, labels }));

/** In the order of their names, without labels, of which a service tells only when it has a sample. */
export const withoutLabels = (metrics: Metric[]): Omit<Metric, 'labels'>[] =>
  metrics.map(({ name, type, help }) => ({ name, type, help })).toSorted((a, b) => a.name.localeCompare(b.name));
