import { element, setText } from './element.ts';
import { clocksAgree, journey, type Moments, type Step } from './journey.ts';
import { exact, span } from './time.ts';

const section = element('journey');
const bar = element('journey-bar');
const list = element('journey-steps');
const remark = element('journey-remark');

/** Shows where a message's time went: its steps in words, and drawn where all clocks agree. */
export function showJourney(moments: Moments): void {
  const steps = journey(moments);
  // One moment alone is no way.
  section.hidden = steps.length < 2;
  const isDrawn = clocksAgree(steps);
  bar.hidden = !isDrawn;
  bar.replaceChildren(...steps.slice(1).map(part));
  list.replaceChildren(...steps.map(line));
  const total = steps.length === 0 ? 0 : steps.at(-1)!.at - steps[0]!.at;
  setText(remark, isDrawn ? `${span(total)} in all, by the clocks on its way.` : 'The clocks on its way do not agree.');
}

function part({ ms }: Step): Element {
  const drawn = document.createElement('span');
  drawn.style.flexGrow = String(ms);
  return drawn;
}

function line({ name, at, ms }: Step): Element {
  const item = document.createElement('li');
  const [words, time] = [document.createElement('span'), document.createElement('span')];
  words.textContent = name;
  time.textContent = ms === null ? exact(at) : wordsOf(ms);
  item.append(words, time);
  return item;
}

function wordsOf(ms: number): string {
  return ms < 0 ? `${span(-ms)} earlier, by another clock` : `+${span(ms)}`;
}
