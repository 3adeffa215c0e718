import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BenchArguments, readArguments, type SuiteName, USAGE } from './arguments.ts';
import { isMet, round, verdict } from './goal.ts';
import { describeMachine } from './machine.ts';
import { Child } from './child.ts';
import type { SuiteCalls, SuiteResult } from './suites/suite.ts';
import { table } from './table.ts';

const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));

function read(): BenchArguments {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return process.exit(2);
  }
}

function show(name: string, { columns, rows, more = [], goals, missing }: SuiteResult, seconds: number): void {
  console.log(`\n${name}, in ${Math.round(seconds)} s\n\n${table(columns, rows)}\n`);
  for (const each of more) console.log(`${each.title}\n\n${table(each.columns, each.rows)}\n`);
  for (const line of missing) console.log(`MISSING: ${line}`);
  const lines = goals.map((goal) => [
    goal.what,
    `${goal.bound} ${goal.wanted.toLocaleString('en')} ${goal.unit}`.trim(),
    `${round(goal.measured)} ${goal.unit}`.trim(),
    verdict(goal),
  ]);
  if (goals.length > 0) console.log(table(['goal', 'wanted', 'measured', ''], lines));
  console.log(`${goals.filter(isMet).length} of ${goals.length} goals met`);
}

const { suites: wanted, quick, profile, peers, help } = read();
if (help) {
  console.log(USAGE);
  process.exit();
}
/** Runs a suite in a process of its own. One that fails says so, and does not keep the others from running. */
async function run(name: SuiteName): Promise<SuiteResult | undefined> {
  const suite = new Child<SuiteCalls>(`suites/${name}.main.ts`, { stderr: 'inherit' });
  try {
    return await suite.call('run', { quick, peers, profile: profile ? `${RESULTS}profiles` : undefined, where });
  } catch (error) {
    console.error(`FAILED: ${name}: ${(error as Error).message}`);
    process.exitCode = 1;
    return undefined;
  } finally {
    await suite.stop('SIGTERM');
  }
}

mkdirSync(RESULTS, { recursive: true });
const machine = describeMachine();
const where = `${machine.cores} × ${machine.cpu}, ${machine.memoryGib} GiB, ${machine.system}, Node ${machine.node}, ${machine.date.slice(0, 10)}`;
const results: Record<string, SuiteResult & { seconds: number }> = {};
const begin = performance.now();
for (const name of wanted) {
  const before = performance.now();
  const result = await run(name);
  if (!result) continue;
  const seconds = (performance.now() - before) / 1000;
  results[name] = { ...result, seconds };
  show(name, result, seconds);
  writeFileSync(`${RESULTS}results.json`, JSON.stringify({ machine, quick, suites: results }, undefined, 2));
  if (result.svg) writeFileSync(`${RESULTS}${name}.svg`, result.svg);
}
const goals = Object.values(results).flatMap((result) => result.goals);
console.log(
  `\n${goals.filter(isMet).length} of ${goals.length} goals met, in ${Math.round((performance.now() - begin) / 1000)} s. ${where}`,
);
if (machine.load > 0.5) console.log(`Something else was running before: the load was ${round(machine.load)}.`);
// Slow is a figure, but what loses messages is broken.
if (goals.some((goal) => goal.vital && !isMet(goal))) process.exitCode = 1;
