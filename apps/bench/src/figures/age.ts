import { changedParts, codeOf } from '../code.ts';
import type { Report } from '../report.ts';
import type { Reports } from './page.ts';

/** What of the figures is older than the code that it measures, in words; none where nothing is. */
export function agesOf(reports: Reports): string[] {
  const all = Object.entries(reports) as [string, Report][];
  const now = codeOf([...new Set(all.flatMap(([, { code }]) => Object.keys(code)))]);
  const aged = all.flatMap(([name, { code, machine }]) => {
    const changed = changedParts(code, now).join(', ');
    return changed === '' ? [] : [{ name, what: `${machine.date.slice(0, 10)} at ${machine.commit}: ${changed}` }];
  });
  return Array.from(
    Map.groupBy(aged, ({ what }) => what),
    ([what, sections]) => `${sections.map(({ name }) => name).join(', ')}, of ${what} changed since`,
  );
}
