import { element, setText } from './element.ts';
import { type Choose, topicLink } from './topics.ts';

const notice = element('refusal');
const reasonText = element('refusal-reason');
const choice = element('refusal-topics');

/** Shows, instead of messages, why there are none, and the topics that there are. */
export function showRefusal(reason: string, topics: string[], onChoose: Choose): void {
  setText(reasonText, `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`);
  choice.replaceChildren(...topics.map((topic) => item(topicLink(topic, onChoose))));
  notice.hidden = false;
  document.body.classList.add('refused');
}

export function hideRefusal(): void {
  notice.hidden = true;
  document.body.classList.remove('refused');
}

function item(link: HTMLAnchorElement): HTMLLIElement {
  const listItem = document.createElement('li');
  listItem.append(link);
  return listItem;
}
