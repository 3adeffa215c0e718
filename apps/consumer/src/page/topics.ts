import { addressOf } from './address.ts';
import { element } from './element.ts';

const nav = element('topics');

/** Shows the topics as links, if there is a choice. */
export function showTopics(topics: string[], current: string): void {
  nav.hidden = topics.length < 2;
  const links = [...nav.querySelectorAll('a')];
  // The same links stay, with the focus that one may have.
  const same = links.length === topics.length && links.every((link, index) => link.textContent === topics[index]);
  if (!same) nav.replaceChildren(...topics.map(topicLink));
  for (const link of nav.querySelectorAll('a')) {
    if (link.textContent === current) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

/** Makes a link that shows a topic on this page. */
export function topicLink(topic: string): HTMLAnchorElement {
  const link = document.createElement('a');
  link.href = addressOf({ topic });
  link.textContent = topic;
  return link;
}
