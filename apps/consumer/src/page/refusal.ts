import { element, setText } from './element.ts';
import type { Refusal } from './connection.ts';
import { topicLink } from './topics.ts';

const TRIES = 'This page tries again by itself, at least once a minute.';
/** Statuses by which there is nothing to see, unlike those of a server that has no room now. */
const NOTHING_TO_SEE = new Set([400, 403, 404]);

const notice = element('refusal');
const title = element('refusal-title');
const reasonText = element('refusal-reason');
const choice = element('refusal-topics');

/**
 * Shows why there is nothing live of a topic, and the topics that there are. Where there may be again, the messages on
 * the page stay.
 */
export function showRefusal({ reason, status, mayPass }: Refusal, topic: string | undefined, topics: string[]): void {
  const isUnknown = topics.length > 0 && topic !== undefined && !topics.includes(topic);
  const words = isUnknown ? `there is no topic ${topic} here: choose another` : reason;
  const sentence = `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
  const isAll = status !== undefined && NOTHING_TO_SEE.has(status);
  setText(title, isAll ? 'Nothing to show here' : 'Not live at the moment');
  setText(reasonText, mayPass ? `${sentence} ${TRIES}` : sentence);
  showChoice(topics);
  notice.hidden = false;
  document.body.classList.toggle('refused', isAll);
}

export function hideRefusal(): void {
  notice.hidden = true;
  document.body.classList.remove('refused');
}

function showChoice(topics: string[]): void {
  // It is shown again after each try, and a link with the focus stays.
  if ([...choice.children].map(({ textContent }) => textContent).join() === topics.join()) return;
  choice.replaceChildren(...topics.map((topic) => item(topicLink(topic))));
}

function item(link: HTMLAnchorElement): HTMLLIElement {
  const listItem = document.createElement('li');
  listItem.append(link);
  return listItem;
}
