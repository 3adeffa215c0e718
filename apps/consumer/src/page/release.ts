import type { PageBuild } from '../about.ts';
import { element, setText } from './element.ts';
import { OwnBuild } from './own-build.ts';
import { preload } from './preload.ts';

const NEW = 'A new version of this page is there.';
const NOT_YET = 'The new version cannot be loaded yet: try again soon.';
/**
 * Time for a screen reader to see the notice before its text, without which it would not read it out, in milliseconds.
 */
const NOTICED_MS = 100;

const notice = element('release');
const text = element('release-text');
const log = element('log');
const reloadButton = element<HTMLButtonElement>('reload');

const { build, servedSince } = notice.dataset;
const own = new OwnBuild({ build: build!, servedSince: Number(servedSince) });
/** The build to reload to. */
let wanted: string | undefined;
let reloading = false;

/** Offers to reload when the server has a newer page than this one, and only then. */
export function showRelease(served: PageBuild): void {
  wanted = own.isReplacedBy(served) ? served.build : undefined;
  const isWanted = wanted !== undefined;
  if (notice.hidden !== isWanted) return;
  // The focus must not go away with the button.
  if (notice.contains(document.activeElement)) log.focus({ preventScroll: true });
  notice.hidden = !isWanted;
  setTimeout(() => setText(text, isWanted ? NEW : ''), NOTICED_MS);
}

reloadButton.addEventListener('click', async () => {
  if (reloading || wanted === undefined) return;
  reloading = true;
  setText(reloadButton, 'Reloading…');
  if (await preload(wanted)) return location.reload();
  reloading = false;
  setText(reloadButton, 'Reload');
  setText(text, NOT_YET);
});
