import { answer } from '../answer.ts';
import { removeKafka, startKafka } from '../kafka.ts';
import { MissingError } from '../missing-error.ts';
import { say } from '../say.ts';
import { measureWay, type WayPlan } from './way.ts';
import { WAY_COLUMNS, wayGoals, wayRows } from './way-report.ts';
import type { SuiteOptions, SuiteResult } from './suite.ts';

const FULL: WayPlan = { clients: 1_000, messages: 300 };
const QUICK: WayPlan = { clients: 1_000, messages: 60 };

/** The whole way of a broadcast, from the producer's schedule through a real Kafka to many clients. */
async function run({ quick }: SuiteOptions): Promise<SuiteResult> {
  try {
    say('way: starting Kafka');
    await startKafka();
    const measured = await measureWay(quick ? QUICK : FULL);
    const { stages, clients, heard } = measured;
    const { arrivals: _, ...account } = heard;
    return {
      columns: WAY_COLUMNS,
      rows: wayRows(measured),
      goals: wayGoals(measured),
      missing: [],
      raw: [{ clients, ...account, stages }],
    };
  } catch (error) {
    if (!(error instanceof MissingError)) throw error;
    return { columns: WAY_COLUMNS, rows: [], goals: [], missing: [error.message], raw: [] };
  } finally {
    await removeKafka();
  }
}

answer({ run });
