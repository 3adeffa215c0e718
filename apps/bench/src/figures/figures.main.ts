import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readReport, RESULTS } from '../report.ts';
import { FIGURES, filesOf, readReports, ROOT } from './files.ts';

// Takes over what whole runs on this machine left that is newer, and makes docs/figures.md, its pictures and the
// README's part of all there is.
const folder = join(ROOT, FIGURES);
mkdirSync(folder, { recursive: true });
for (const [name, report] of Object.entries(readReports(RESULTS))) {
  // Of another machine, or measured elsewhere since.
  if ((readReport(name, folder)?.machine.date ?? '') >= report!.machine.date) continue;
  copyFileSync(join(RESULTS, `${name}.json`), join(folder, `${name}.json`));
  console.log(`${name}: of ${report!.machine.date}`);
}
for (const { path, text } of filesOf(readReports(folder), readFileSync(join(ROOT, 'README.md'), 'utf8'))) {
  writeFileSync(join(ROOT, path), text);
  console.log(path);
}
