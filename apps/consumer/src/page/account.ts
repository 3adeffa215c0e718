import { element, setText } from './element.ts';

/**
 * How often the session of somebody who looks is made to go on: well within the shortest idle time that makes sense.
 */
const RENEW_MS = 60_000;

const form = element<HTMLFormElement>('account');
const nameText = element('account-name');

/** Shows who is signed in, where there are accounts. */
export function showAccount(account: string | null): void {
  form.hidden = account === null;
  setText(nameText, account ?? '');
}

// Others may be below another path of this host. With a script every tab leaves, also one that another replica serves,
// which does not know of the end. Without one the form does.
const tabs = new BroadcastChannel(`account ${new URL('.', document.baseURI).pathname}`);
tabs.addEventListener('message', askToSignIn);
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  await fetch('sign-out', { method: 'POST', redirect: 'manual' });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no other origin
  tabs.postMessage('signed out');
  askToSignIn();
});

/** Goes to the page to sign in on, and back to the same topic from there. */
export function askToSignIn(): void {
  location.assign(`sign-in${location.search}`);
}

// A page that is not looked at does not count as use.
setInterval(() => {
  if (!form.hidden && !document.hidden) void fetch('api/topics').catch(() => {});
}, RENEW_MS);
