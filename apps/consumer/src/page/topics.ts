import { element } from './element.ts';

const nav = element('topics');

/** Shows the topics as links, if there is a choice. */
export function showTopics(topics: string[], current: string, onChoose: (topic: string) => void): void {
  nav.hidden = topics.length < 2;
  nav.replaceChildren(...topics.map((topic) => link(topic, topic === current, onChoose)));
}

/** The topic that the address asks for. */
export function topicInAddress(): string | undefined {
  return new URLSearchParams(location.search).get('topic') ?? undefined;
}

function link(topic: string, current: boolean, onChoose: (topic: string) => void): HTMLAnchorElement {
  const anchor = document.createElement('a');
  anchor.href = `?${new URLSearchParams({ topic })}`;
  anchor.textContent = topic;
  if (current) anchor.setAttribute('aria-current', 'page');
  anchor.addEventListener('click', (event) => {
    // A click with a key held wants a new tab or window.
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, '', anchor.href);
    onChoose(topic);
  });
  return anchor;
}
