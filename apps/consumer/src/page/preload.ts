const TRIES = 20;
const PAUSE_MS = 500;

/**
 * Loads the page of a build with all that it refers to, so that the browser has it when it reloads: during a rollout
 * the replica that it asks for a part may not be the one that the page came from. Answers with whether a reload is
 * safe.
 */
export async function preload(build: string): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    if (await isWhole(build).catch(() => false)) return true;
    if (tries === TRIES) return false;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function isWhole(build: string): Promise<boolean> {
  const answer = await fetch('.', { cache: 'no-store' });
  // Whoever is not signed in any more is to sign in.
  if (answer.redirected) return true;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  if (page.getElementById('release')?.dataset['build'] !== build) return false;
  const parts = [...page.querySelectorAll('script[src], link[rel=stylesheet]')];
  const answers = await Promise.all(
    parts.map((part) => fetch((part.getAttribute('src') ?? part.getAttribute('href'))!)),
  );
  return answers.every(({ ok }) => ok);
}
