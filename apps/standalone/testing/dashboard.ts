import { readFileSync } from 'node:fs';
import { ask } from './prometheus.ts';

/** A panel of the dashboard in docs, as far as it is looked into. */
export interface Panel {
  title: string;
  description: string;
  /** The title of the row that it is in. */
  row: string;
  targets: { expr: string; legendFormat: string }[];
  /** From which number on it is red, if it ever is. */
  red: number | undefined;
}

interface Shown extends Omit<Panel, 'red'> {
  type: string;
  fieldConfig: { defaults: { thresholds?: { steps: { color: string; value: number | null }[] } } };
}

/** What somebody chose at the top of the dashboard: regular expressions, as Grafana puts them into queries. */
export interface Choice {
  environment: string;
  topic: string;
  /** What Grafana makes four times as long as Prometheus waits between two looks, such as `1m`. */
  rateInterval: string;
}

/** A query of the dashboard, as Prometheus gets it. */
export interface Query {
  row: string;
  panel: string;
  text: string;
  /** Those that its legend tells. */
  labels: string[];
}

const file = readFileSync(new URL('../../../docs/dashboard.json', import.meta.url), 'utf8');

/** Its panels, in the order in which they are shown. */
export const panels: Panel[] = [];
let row = '';
for (const { type, fieldConfig, ...panel } of (JSON.parse(file) as { panels: Shown[] }).panels) {
  if (type === 'row') {
    row = panel.title;
    continue;
  }
  const red = fieldConfig.defaults.thresholds?.steps.find(({ color }) => color === 'red')?.value ?? undefined;
  panels.push({ ...panel, row, red });
}

/** All that the dashboard asks of Prometheus. */
export const dashboardQueries = ({ environment, topic, rateInterval }: Choice): Query[] =>
  panels.flatMap(({ row: of, title, targets }) =>
    targets.map(({ expr, legendFormat }) => ({
      row: of,
      panel: title,
      text: expr
        .replaceAll('$environment', environment)
        .replaceAll('$topic', topic)
        .replaceAll('$__rate_interval', rateInterval),
      labels: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!),
    })),
  );

/** The names of the series in a query: what is left without labels, durations, functions and words. */
export const metricsIn = (text: string): string[] =>
  Array.from(
    text
      .replaceAll(/\{[^}]*\}|\[[^\]]*\]|\b(by|on|group_left) \([^)]*\)/g, '')
      .replaceAll(/\bor\b/g, ',')
      .matchAll(/[a-zA-Z_]\w*\b(?! *\()/g),
    ([name]) => name,
  );

/** Those of the queries to which a Prometheus has no answer now: no series with a number and with what a legend tells. */
export async function unanswered(prometheus: string, queries: Query[]): Promise<Query[]> {
  const answers = await Promise.all(queries.map(({ text }) => ask(prometheus, text)));
  return queries.filter(
    ({ labels }, index) =>
      !answers[index]!.some(
        ({ metric, value: [, value] }) => value !== 'NaN' && labels.every((label) => metric[label]),
      ),
  );
}
