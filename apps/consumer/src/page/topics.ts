import { element } from './element.ts';

export type Choose = (topic: string) => void;

const nav = element('topics');

/** Shows the topics as links, if there is a choice. */
export function showTopics(topics: string[], current: string, onChoose: Choose): void {
  nav.hidden = topics.length < 2;
  const links = [...nav.querySelectorAll('a')];
  // The same links stay, with the focus that one may have.
  const same = links.length === topics.length && links.every((link, index) => link.textContent === topics[index]);
  if (!same) nav.replaceChildren(...topics.map((topic) => topicLink(topic, onChoose)));
  for (const link of nav.querySelectorAll('a')) {
    if (link.textContent === current) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

/** The topic that the address asks for. */
export function topicInAddress(): string | undefined {
  return new URLSearchParams(location.search).get('topic') || undefined;
}

/** Makes a link that shows a topic on this page. */
export function topicLink(topic: string, onChoose: Choose): HTMLAnchorElement {
  const link = document.createElement('a');
  link.href = `?${new URLSearchParams({ topic })}`;
  link.textContent = topic;
  link.addEventListener('click', (event) => {
    // A click with a key held wants a new tab or window.
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, '', link.href);
    onChoose(topic);
  });
  return link;
}
