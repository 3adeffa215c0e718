import { element, setText } from './element.ts';
import { topicLink } from './topics.ts';

const notice = element('refusal');
const title = element('refusal-title');
const reasonText = element('refusal-reason');
const choice = element('refusal-topics');

/**
 * Shows why there is nothing live, and the topics that there are.
 *
 * @param isAll whether there is nothing to show at all; otherwise the messages on the page stay.
 */
export function showRefusal(reason: string, topics: string[], isAll: boolean): void {
  setText(title, isAll ? 'Nothing to show here' : 'Not live at the moment');
  setText(reasonText, reason);
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
