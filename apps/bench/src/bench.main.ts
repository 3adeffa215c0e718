import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchArguments, readArguments, type SuiteName, USAGE } from './arguments.ts';
import { codeOf, PARTS } from './code.ts';
import { contradictions, isMet, round } from './goal.ts';
import { describeMachine, inWords } from './machine.ts';
import { Child } from './child.ts';
import { keepReport, readReport, RESULTS } from './report.ts';
import type { SuiteCalls, SuiteResult } from './suites/suite.ts';
import { faultsOf, goalTable, type Outcome, summaryOf } from './summary.ts';
import { table } from './table.ts';

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
  if (goals.length > 0) console.log(goalTable(goals));
  console.log(`${goals.filter(isMet).length} of ${goals.length} goals met`);
}

const { suites: wanted, quick, profile, peers, help } = read();
if (help) {
  console.log(USAGE);
  process.exit();
}

/** Runs a suite in a process of its own. */
async function run(name: SuiteName): Promise<SuiteResult> {
  const suite = new Child<SuiteCalls>(`suites/${name}.main.ts`, { stderr: 'inherit' });
  try {
    return await suite.call('run', { quick, peers, profile: profile ? join(RESULTS, 'profiles') : undefined });
  } finally {
    await suite.stop('SIGTERM');
  }
}

mkdirSync(RESULTS, { recursive: true });
const machine = describeMachine();
const code = codeOf(PARTS.bench);
/** Of less than that no figures are shown to anybody. */
const isWhole = !quick && !profile && peers === undefined;
const results: Record<string, SuiteResult & { seconds: number }> = {};
const outcome: Outcome = { goals: [], missing: [], contradictions: [], failed: [] };
const begin = performance.now();
for (const name of wanted) {
  const before = performance.now();
  try {
    const result = await run(name);
    const seconds = (performance.now() - before) / 1000;
    show(name, result, seconds);
    outcome.goals.push(...result.goals.map((goal) => ({ suite: name, goal })));
    outcome.missing.push(...result.missing.map((reason) => ({ suite: name, reason })));
    results[name] = { ...result, seconds };
    writeFileSync(join(RESULTS, 'results.json'), JSON.stringify({ machine, quick, suites: results }, undefined, 2));
    const { raw: _, ...findings } = result;
    if (!isWhole) continue;
    outcome.contradictions.push(
      ...contradictions(readReport(name)?.goals ?? [], result.goals).map((each) => `${name}: ${each}`),
    );
    keepReport(name, { machine, seconds, code, ...findings });
  } catch (error) {
    // One that fails does not keep the others from running.
    const { message: reason } = error as Error;
    console.error(`FAILED: ${name}: ${reason}`);
    outcome.failed.push({ suite: name, reason });
  }
}
console.log(`\nIn ${Math.round((performance.now() - begin) / 1000)} s, ${inWords(machine)}`);
if (machine.load > 0.5) console.log(`Something else was running before: the load was ${round(machine.load)}.`);
console.log(summaryOf(outcome).join('\n'));
if (faultsOf(outcome).length > 0) process.exitCode = 1;
