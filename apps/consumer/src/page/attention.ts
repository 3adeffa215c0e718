import { element } from './element.ts';

interface Attention {
  /** Whether somebody scrolled into the rows. */
  reading: boolean;
  /** Whether somebody selects text in the rows. */
  selecting: boolean;
}

const log = element('log');

/**
 * Tells what somebody does with the rows, so that nothing moves under their eyes or hand. It is looked at when they do
 * it, since to look with each message would cost a layout.
 */
export function watchAttention(onChange: (attention: Partial<Attention>) => void): void {
  addEventListener('scroll', () => onChange({ reading: log.getBoundingClientRect().top < 0 }));
  document.addEventListener('selectionchange', () => {
    const selection = getSelection();
    onChange({ selecting: selection !== null && !selection.isCollapsed && selection.containsNode(log, true) });
  });
}
