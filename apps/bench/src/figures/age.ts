import { changedParts, codeOf } from '../code.ts';
import type { Reports } from './page.ts';

/** What of the figures is older than the code that it measures, a sentence for each part of the page; none where nothing is. */
export function agesOf(reports: Reports): string[] {
  return Object.entries(reports).flatMap(([name, report]) => {
    const { code, machine } = report!;
    const changed = changedParts(code, codeOf(Object.keys(code)));
    if (changed.length === 0) return [];
    return [`${name}, of ${machine.date.slice(0, 10)} at ${machine.commit}: ${changed.join(', ')} changed since`];
  });
}
