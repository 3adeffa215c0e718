import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { prepareStatements } from './history-sql.ts';

const database = new DatabaseSync('');
const statements = Object.entries<StatementSync>(prepareStatements(database))
  .map(([name, { sourceSQL }]) => [name, sourceSQL] as const)
  .filter(([, sql]) => /^\s*(SELECT|DELETE)/.test(sql));

/** How SQLite finds what a statement is about, a line for each table. */
const planOf = (sql: string): string[] =>
  database
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all()
    .map(({ detail }) => String(detail));

describe('a statement of the history', () => {
  it.each(statements)('%s finds what it is about, and does not look for it through a topic', (_, sql) => {
    const searches = planOf(sql).filter((line) => /(SEARCH|SCAN) (records|parts)/.test(line));
    expect(searches).not.toEqual([]);
    for (const line of searches) expect(line).toMatch(/\(topic=\? AND /);
  });
});
